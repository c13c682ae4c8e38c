//! Shipped sessions: their summary, the verbatim records in compressed segments, a receipt for
//! every ship, and what was found wrong with them.
//!
//! Lodestar's ids may be 1,024 characters long, which no index row of PostgreSQL holds: what must
//! be unique is therefore the SHA-256 of the ids together (`identity`), with the ids beside it to
//! be read.

use sea_orm_migration::prelude::*;

/// Creates `sessions`, `segments`, `receipts`, `findings` and `incidents`.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[derive(DeriveIden)]
enum Sessions {
    Table,
    Id,
    OrgId,
    Identity,
    ProjectId,
    SessionId,
    Agent,
    Ceiling,
    Events,
    Withheld,
    Actions,
    Holds,
    FirstSeq,
    LastSeq,
    FirstAt,
    LastAt,
    Findings,
    Incidents,
    Ships,
    Summary,
    LastReceipt,
    LastBodySha256,
    LastBodyBytes,
    FirstShippedAt,
    LastShippedAt,
}

#[derive(DeriveIden)]
enum Segments {
    Table,
    Session,
    Ordinal,
    OrgId,
    FirstSeq,
    LastSeq,
    Events,
    RawBytes,
    Lines,
    Commitments,
    Receipt,
}

#[derive(DeriveIden)]
enum Receipts {
    Table,
    Id,
    OrgId,
    Session,
    Token,
    Ceiling,
    Received,
    Appended,
    Revealed,
    Unchanged,
    Redacted,
    Findings,
    BodySha256,
    BodyBytes,
    ReceivedAt,
}

#[derive(DeriveIden)]
enum Findings {
    Table,
    Session,
    Identity,
    OrgId,
    Kind,
    Seq,
    EventId,
    Receipt,
    FoundAt,
}

#[derive(DeriveIden)]
enum Incidents {
    Table,
    Id,
    OrgId,
    Session,
    Identity,
    Kind,
    Seq,
    EventId,
    Kept,
    Offered,
    Events,
    Token,
    FirstAt,
    LastAt,
    Times,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table(Sessions::Table)
                    .col(ColumnDef::new(Sessions::Id).uuid().not_null().primary_key())
                    .col(ColumnDef::new(Sessions::OrgId).uuid().not_null())
                    .col(ColumnDef::new(Sessions::Identity).binary().not_null())
                    .col(ColumnDef::new(Sessions::ProjectId).text().not_null())
                    .col(ColumnDef::new(Sessions::SessionId).text().not_null())
                    .col(ColumnDef::new(Sessions::Agent).text())
                    .col(ColumnDef::new(Sessions::Ceiling).text().not_null())
                    .col(ColumnDef::new(Sessions::Events).big_integer().not_null())
                    .col(ColumnDef::new(Sessions::Withheld).big_integer().not_null())
                    .col(ColumnDef::new(Sessions::Actions).big_integer().not_null())
                    .col(ColumnDef::new(Sessions::Holds).big_integer().not_null())
                    .col(ColumnDef::new(Sessions::FirstSeq).big_integer().not_null())
                    .col(ColumnDef::new(Sessions::LastSeq).big_integer().not_null())
                    .col(ColumnDef::new(Sessions::FirstAt).big_integer())
                    .col(ColumnDef::new(Sessions::LastAt).big_integer())
                    .col(ColumnDef::new(Sessions::Findings).big_integer().not_null())
                    .col(ColumnDef::new(Sessions::Incidents).big_integer().not_null())
                    .col(ColumnDef::new(Sessions::Ships).big_integer().not_null())
                    .col(ColumnDef::new(Sessions::Summary).text().not_null())
                    .col(ColumnDef::new(Sessions::LastReceipt).uuid().not_null())
                    .col(ColumnDef::new(Sessions::LastBodySha256).binary().not_null())
                    .col(
                        ColumnDef::new(Sessions::LastBodyBytes)
                            .big_integer()
                            .not_null(),
                    )
                    .col(
                        ColumnDef::new(Sessions::FirstShippedAt)
                            .big_integer()
                            .not_null(),
                    )
                    .col(
                        ColumnDef::new(Sessions::LastShippedAt)
                            .big_integer()
                            .not_null(),
                    )
                    .to_owned(),
            )
            .await?;
        unique(
            manager,
            "sessions_identity",
            Sessions::Table,
            [Sessions::OrgId, Sessions::Identity],
        )
        .await?;
        manager
            .create_index(
                Index::create()
                    .name("sessions_newest")
                    .table(Sessions::Table)
                    .col(Sessions::OrgId)
                    .col(Sessions::LastShippedAt)
                    .col(Sessions::Id)
                    .to_owned(),
            )
            .await?;

        manager
            .create_table(
                Table::create()
                    .table(Segments::Table)
                    .col(ColumnDef::new(Segments::Session).uuid().not_null())
                    .col(ColumnDef::new(Segments::Ordinal).big_integer().not_null())
                    .col(ColumnDef::new(Segments::OrgId).uuid().not_null())
                    .col(ColumnDef::new(Segments::FirstSeq).big_integer().not_null())
                    .col(ColumnDef::new(Segments::LastSeq).big_integer().not_null())
                    .col(ColumnDef::new(Segments::Events).big_integer().not_null())
                    .col(ColumnDef::new(Segments::RawBytes).big_integer().not_null())
                    .col(ColumnDef::new(Segments::Lines).blob().not_null())
                    .col(ColumnDef::new(Segments::Commitments).blob().not_null())
                    .col(ColumnDef::new(Segments::Receipt).uuid().not_null())
                    .primary_key(
                        Index::create()
                            .col(Segments::Session)
                            .col(Segments::Ordinal),
                    )
                    .foreign_key(
                        ForeignKey::create()
                            .from(Segments::Table, Segments::Session)
                            .to(Sessions::Table, Sessions::Id)
                            .on_delete(ForeignKeyAction::Cascade),
                    )
                    .to_owned(),
            )
            .await?;

        manager
            .create_table(
                Table::create()
                    .table(Receipts::Table)
                    .col(ColumnDef::new(Receipts::Id).uuid().not_null().primary_key())
                    .col(ColumnDef::new(Receipts::OrgId).uuid().not_null())
                    .col(ColumnDef::new(Receipts::Session).uuid().not_null())
                    .col(ColumnDef::new(Receipts::Token).uuid().not_null())
                    .col(ColumnDef::new(Receipts::Ceiling).text().not_null())
                    .col(ColumnDef::new(Receipts::Received).big_integer().not_null())
                    .col(ColumnDef::new(Receipts::Appended).big_integer().not_null())
                    .col(ColumnDef::new(Receipts::Revealed).big_integer().not_null())
                    .col(ColumnDef::new(Receipts::Unchanged).big_integer().not_null())
                    .col(ColumnDef::new(Receipts::Redacted).big_integer().not_null())
                    .col(ColumnDef::new(Receipts::Findings).text().not_null())
                    .col(ColumnDef::new(Receipts::BodySha256).binary().not_null())
                    .col(ColumnDef::new(Receipts::BodyBytes).big_integer().not_null())
                    .col(
                        ColumnDef::new(Receipts::ReceivedAt)
                            .big_integer()
                            .not_null(),
                    )
                    .foreign_key(
                        ForeignKey::create()
                            .from(Receipts::Table, Receipts::Session)
                            .to(Sessions::Table, Sessions::Id)
                            .on_delete(ForeignKeyAction::Cascade),
                    )
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("receipts_of_session")
                    .table(Receipts::Table)
                    .col(Receipts::Session)
                    .col(Receipts::ReceivedAt)
                    .to_owned(),
            )
            .await?;

        manager
            .create_table(
                Table::create()
                    .table(Findings::Table)
                    .col(ColumnDef::new(Findings::Session).uuid().not_null())
                    .col(ColumnDef::new(Findings::Identity).binary().not_null())
                    .col(ColumnDef::new(Findings::OrgId).uuid().not_null())
                    .col(ColumnDef::new(Findings::Kind).text().not_null())
                    .col(ColumnDef::new(Findings::Seq).big_integer().not_null())
                    .col(ColumnDef::new(Findings::EventId).text().not_null())
                    .col(ColumnDef::new(Findings::Receipt).uuid().not_null())
                    .col(ColumnDef::new(Findings::FoundAt).big_integer().not_null())
                    .primary_key(
                        Index::create()
                            .col(Findings::Session)
                            .col(Findings::Identity),
                    )
                    .foreign_key(
                        ForeignKey::create()
                            .from(Findings::Table, Findings::Session)
                            .to(Sessions::Table, Sessions::Id)
                            .on_delete(ForeignKeyAction::Cascade),
                    )
                    .to_owned(),
            )
            .await?;

        manager
            .create_table(
                Table::create()
                    .table(Incidents::Table)
                    .col(
                        ColumnDef::new(Incidents::Id)
                            .uuid()
                            .not_null()
                            .primary_key(),
                    )
                    .col(ColumnDef::new(Incidents::OrgId).uuid().not_null())
                    .col(ColumnDef::new(Incidents::Session).uuid().not_null())
                    .col(ColumnDef::new(Incidents::Identity).binary().not_null())
                    .col(ColumnDef::new(Incidents::Kind).text().not_null())
                    .col(ColumnDef::new(Incidents::Seq).big_integer().not_null())
                    .col(ColumnDef::new(Incidents::EventId).text().not_null())
                    .col(ColumnDef::new(Incidents::Kept).binary().not_null())
                    .col(ColumnDef::new(Incidents::Offered).binary())
                    .col(ColumnDef::new(Incidents::Events).big_integer().not_null())
                    .col(ColumnDef::new(Incidents::Token).uuid().not_null())
                    .col(ColumnDef::new(Incidents::FirstAt).big_integer().not_null())
                    .col(ColumnDef::new(Incidents::LastAt).big_integer().not_null())
                    .col(ColumnDef::new(Incidents::Times).big_integer().not_null())
                    .foreign_key(
                        ForeignKey::create()
                            .from(Incidents::Table, Incidents::Session)
                            .to(Sessions::Table, Sessions::Id)
                            .on_delete(ForeignKeyAction::Cascade),
                    )
                    .to_owned(),
            )
            .await?;
        unique(
            manager,
            "incidents_identity",
            Incidents::Table,
            [Incidents::Session, Incidents::Identity],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table(Incidents::Table).to_owned())
            .await?;
        manager
            .drop_table(Table::drop().table(Findings::Table).to_owned())
            .await?;
        manager
            .drop_table(Table::drop().table(Receipts::Table).to_owned())
            .await?;
        manager
            .drop_table(Table::drop().table(Segments::Table).to_owned())
            .await?;
        manager
            .drop_table(Table::drop().table(Sessions::Table).to_owned())
            .await
    }
}

async fn unique<T: IntoIden + 'static>(
    manager: &SchemaManager<'_>,
    name: &str,
    table: T,
    columns: [T; 2],
) -> Result<(), DbErr> {
    let mut index = Index::create();
    index.name(name).table(table.into_iden()).unique();
    for column in columns {
        index.col(column.into_iden());
    }
    manager.create_index(index).await
}
