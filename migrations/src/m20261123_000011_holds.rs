//! Holds, from whichever source they became known, and the decisions signed on them.
//!
//! `identity`, `request_key` and `action_key` are SHA-256 digests of Lodestar's ids, because those
//! ids may be longer than an index row; the ids themselves stand beside them.

use sea_orm_migration::prelude::*;

/// Creates `holds` and `decisions`.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[derive(DeriveIden)]
enum Holds {
    Table,
    Id,
    OrgId,
    Identity,
    RequestId,
    RequestKey,
    ActionId,
    ActionKey,
    ProjectId,
    Session,
    Reason,
    RequiredAuthority,
    RequestedAt,
    Deadline,
    RequestedMs,
    DeadlineMs,
    Facts,
    ToWeigh,
    KnownAt,
    AnnouncedAt,
    AnnouncedBy,
    SeenInLogAt,
    FirstPolledAt,
    LastPolledAt,
    WaitingUntil,
    LogOutcome,
    LogOutcomeAt,
    LogOutcomeSeq,
    LogOutcomeEvent,
    LogApprover,
    LogProof,
    LogRejectedAt,
    Decision,
    Merged,
    ChangedAt,
}

#[derive(DeriveIden)]
enum Decisions {
    Table,
    Id,
    OrgId,
    Hold,
    Ordinal,
    Kind,
    Member,
    ApproverKey,
    ApproverId,
    PublicKey,
    Reason,
    At,
    Document,
    Signature,
    Resolution,
    StoredAt,
    FirstServedAt,
    LastServedAt,
    Serves,
    ServedTo,
    ConsumedAt,
    RefusedAt,
    ConfirmedAt,
    ConfirmedSeq,
    ConfirmedEvent,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table(Holds::Table)
                    .col(ColumnDef::new(Holds::Id).uuid().not_null().primary_key())
                    .col(ColumnDef::new(Holds::OrgId).uuid().not_null())
                    .col(ColumnDef::new(Holds::Identity).binary().not_null())
                    .col(ColumnDef::new(Holds::RequestId).text())
                    .col(ColumnDef::new(Holds::RequestKey).binary())
                    .col(ColumnDef::new(Holds::ActionId).text())
                    .col(ColumnDef::new(Holds::ActionKey).binary())
                    .col(ColumnDef::new(Holds::ProjectId).text())
                    .col(ColumnDef::new(Holds::Session).uuid())
                    .col(ColumnDef::new(Holds::Reason).text())
                    .col(ColumnDef::new(Holds::RequiredAuthority).text())
                    .col(ColumnDef::new(Holds::RequestedAt).text())
                    .col(ColumnDef::new(Holds::Deadline).text())
                    .col(ColumnDef::new(Holds::RequestedMs).big_integer())
                    .col(ColumnDef::new(Holds::DeadlineMs).big_integer())
                    .col(ColumnDef::new(Holds::Facts).text())
                    .col(ColumnDef::new(Holds::ToWeigh).big_integer())
                    .col(ColumnDef::new(Holds::KnownAt).big_integer().not_null())
                    .col(ColumnDef::new(Holds::AnnouncedAt).big_integer())
                    .col(ColumnDef::new(Holds::AnnouncedBy).uuid())
                    .col(ColumnDef::new(Holds::SeenInLogAt).big_integer())
                    .col(ColumnDef::new(Holds::FirstPolledAt).big_integer())
                    .col(ColumnDef::new(Holds::LastPolledAt).big_integer())
                    .col(ColumnDef::new(Holds::WaitingUntil).big_integer())
                    .col(ColumnDef::new(Holds::LogOutcome).text())
                    .col(ColumnDef::new(Holds::LogOutcomeAt).big_integer())
                    .col(ColumnDef::new(Holds::LogOutcomeSeq).big_integer())
                    .col(ColumnDef::new(Holds::LogOutcomeEvent).text())
                    .col(ColumnDef::new(Holds::LogApprover).text())
                    .col(ColumnDef::new(Holds::LogProof).text())
                    .col(ColumnDef::new(Holds::LogRejectedAt).big_integer())
                    .col(ColumnDef::new(Holds::Decision).uuid())
                    .col(ColumnDef::new(Holds::Merged).uuid())
                    .col(ColumnDef::new(Holds::ChangedAt).big_integer().not_null())
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("holds_identity")
                    .table(Holds::Table)
                    .col(Holds::OrgId)
                    .col(Holds::Identity)
                    .unique()
                    .to_owned(),
            )
            .await?;
        for (name, column) in [
            ("holds_request", Holds::RequestKey),
            ("holds_action", Holds::ActionKey),
            ("holds_session", Holds::Session),
            ("holds_changed", Holds::ChangedAt),
        ] {
            manager
                .create_index(
                    Index::create()
                        .name(name)
                        .table(Holds::Table)
                        .col(Holds::OrgId)
                        .col(column)
                        .to_owned(),
                )
                .await?;
        }

        manager
            .create_table(
                Table::create()
                    .table(Decisions::Table)
                    .col(
                        ColumnDef::new(Decisions::Id)
                            .uuid()
                            .not_null()
                            .primary_key(),
                    )
                    .col(ColumnDef::new(Decisions::OrgId).uuid().not_null())
                    .col(ColumnDef::new(Decisions::Hold).uuid().not_null())
                    .col(ColumnDef::new(Decisions::Ordinal).big_integer().not_null())
                    .col(ColumnDef::new(Decisions::Kind).text().not_null())
                    .col(ColumnDef::new(Decisions::Member).uuid().not_null())
                    .col(ColumnDef::new(Decisions::ApproverKey).uuid().not_null())
                    .col(ColumnDef::new(Decisions::ApproverId).text().not_null())
                    .col(ColumnDef::new(Decisions::PublicKey).text().not_null())
                    .col(ColumnDef::new(Decisions::Reason).text())
                    .col(ColumnDef::new(Decisions::At).text().not_null())
                    .col(ColumnDef::new(Decisions::Document).text().not_null())
                    .col(ColumnDef::new(Decisions::Signature).text().not_null())
                    .col(ColumnDef::new(Decisions::Resolution).text().not_null())
                    .col(ColumnDef::new(Decisions::StoredAt).big_integer().not_null())
                    .col(ColumnDef::new(Decisions::FirstServedAt).big_integer())
                    .col(ColumnDef::new(Decisions::LastServedAt).big_integer())
                    .col(ColumnDef::new(Decisions::Serves).big_integer().not_null())
                    .col(ColumnDef::new(Decisions::ServedTo).uuid())
                    .col(ColumnDef::new(Decisions::ConsumedAt).big_integer())
                    .col(ColumnDef::new(Decisions::RefusedAt).big_integer())
                    .col(ColumnDef::new(Decisions::ConfirmedAt).big_integer())
                    .col(ColumnDef::new(Decisions::ConfirmedSeq).big_integer())
                    .col(ColumnDef::new(Decisions::ConfirmedEvent).text())
                    .foreign_key(
                        ForeignKey::create()
                            .from(Decisions::Table, Decisions::Hold)
                            .to(Holds::Table, Holds::Id)
                            .on_delete(ForeignKeyAction::Cascade),
                    )
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("decisions_of_hold")
                    .table(Decisions::Table)
                    .col(Decisions::Hold)
                    .col(Decisions::Ordinal)
                    .unique()
                    .to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table(Decisions::Table).to_owned())
            .await?;
        manager
            .drop_table(Table::drop().table(Holds::Table).to_owned())
            .await
    }
}
