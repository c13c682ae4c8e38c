//! How much each tenant ships, the audit log, and a way to the incidents of a tenant.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

/// Creates `ship_usage` and `audit_log`.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[derive(DeriveIden)]
enum ShipUsage {
    Table,
    OrgId,
    Day,
    Ships,
    Sessions,
    BodyBytes,
    StoredBytes,
}

#[derive(DeriveIden)]
enum AuditLog {
    Table,
    Id,
    OrgId,
    At,
    ActorKind,
    ActorId,
    Act,
    Detail,
}

#[derive(DeriveIden)]
enum Incidents {
    Table,
    OrgId,
    LastAt,
    Id,
}

/// Lines of the audit log stay as they are.
const ONLY_ADDED_ON_SQLITE: &str = "\
    CREATE TRIGGER audit_log_unchanged BEFORE UPDATE ON audit_log \
        BEGIN SELECT RAISE(ABORT, 'the audit log is only added to'); END; \
    CREATE TRIGGER audit_log_undeleted BEFORE DELETE ON audit_log \
        BEGIN SELECT RAISE(ABORT, 'the audit log is only added to'); END;";
const ONLY_ADDED_ON_POSTGRES: &str = "\
    CREATE FUNCTION audit_log_only_added() RETURNS trigger LANGUAGE plpgsql AS \
        $$ BEGIN RAISE EXCEPTION 'the audit log is only added to'; END $$; \
    CREATE TRIGGER audit_log_only_added BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log \
        EXECUTE FUNCTION audit_log_only_added();";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table(ShipUsage::Table)
                    .col(ColumnDef::new(ShipUsage::OrgId).uuid().not_null())
                    .col(ColumnDef::new(ShipUsage::Day).big_integer().not_null())
                    .col(ColumnDef::new(ShipUsage::Ships).big_integer().not_null())
                    .col(ColumnDef::new(ShipUsage::Sessions).big_integer().not_null())
                    .col(
                        ColumnDef::new(ShipUsage::BodyBytes)
                            .big_integer()
                            .not_null(),
                    )
                    .col(
                        ColumnDef::new(ShipUsage::StoredBytes)
                            .big_integer()
                            .not_null(),
                    )
                    .primary_key(Index::create().col(ShipUsage::OrgId).col(ShipUsage::Day))
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table(AuditLog::Table)
                    .col(ColumnDef::new(AuditLog::Id).uuid().not_null().primary_key())
                    .col(ColumnDef::new(AuditLog::OrgId).uuid().not_null())
                    .col(ColumnDef::new(AuditLog::At).big_integer().not_null())
                    .col(ColumnDef::new(AuditLog::ActorKind).text().not_null())
                    .col(ColumnDef::new(AuditLog::ActorId).uuid())
                    .col(ColumnDef::new(AuditLog::Act).text().not_null())
                    .col(ColumnDef::new(AuditLog::Detail).text().not_null())
                    .to_owned(),
            )
            .await?;
        let only_added = match manager.get_database_backend() {
            DbBackend::Postgres => ONLY_ADDED_ON_POSTGRES,
            _ => ONLY_ADDED_ON_SQLITE,
        };
        manager
            .get_connection()
            .execute_unprepared(only_added)
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("audit_log_newest")
                    .table(AuditLog::Table)
                    .col(AuditLog::OrgId)
                    .col(AuditLog::At)
                    .col(AuditLog::Id)
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("incidents_newest")
                    .table(Incidents::Table)
                    .col(Incidents::OrgId)
                    .col(Incidents::LastAt)
                    .col(Incidents::Id)
                    .to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_index(
                Index::drop()
                    .name("incidents_newest")
                    .table(Incidents::Table)
                    .to_owned(),
            )
            .await?;
        manager
            .drop_table(Table::drop().table(AuditLog::Table).to_owned())
            .await?;
        if manager.get_database_backend() == DbBackend::Postgres {
            manager
                .get_connection()
                .execute_unprepared("DROP FUNCTION audit_log_only_added()")
                .await?;
        }
        manager
            .drop_table(Table::drop().table(ShipUsage::Table).to_owned())
            .await
    }
}
