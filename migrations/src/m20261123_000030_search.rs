//! Search: the outbox that indexes are fed from, how far each of them has come, and what each
//! member is cleared to find.

use sea_orm_migration::prelude::*;

/// Creates `outbox`, `search_feeds` and `search_nodes`; adds `clearance` to `members`.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[derive(DeriveIden)]
enum Outbox {
    Table,
    Id,
    Position,
    OrgId,
    Kind,
    Subject,
    At,
}

#[derive(DeriveIden)]
enum SearchFeeds {
    Table,
    Name,
    Mark,
    Holder,
    Until,
}

#[derive(DeriveIden)]
enum SearchNodes {
    Table,
    Id,
    Engine,
    Position,
    Done,
    Total,
    SeenAt,
}

#[derive(DeriveIden)]
enum Members {
    Table,
    Clearance,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table(Outbox::Table)
                    .col(ColumnDef::new(Outbox::Id).uuid().not_null().primary_key())
                    .col(ColumnDef::new(Outbox::Position).big_integer())
                    .col(ColumnDef::new(Outbox::OrgId).uuid())
                    .col(ColumnDef::new(Outbox::Kind).text().not_null())
                    .col(ColumnDef::new(Outbox::Subject).uuid())
                    .col(ColumnDef::new(Outbox::At).big_integer().not_null())
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("outbox_in_order")
                    .table(Outbox::Table)
                    .col(Outbox::Position)
                    .unique()
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table(SearchFeeds::Table)
                    .col(
                        ColumnDef::new(SearchFeeds::Name)
                            .text()
                            .not_null()
                            .primary_key(),
                    )
                    .col(ColumnDef::new(SearchFeeds::Mark).text())
                    .col(ColumnDef::new(SearchFeeds::Holder).uuid().not_null())
                    .col(ColumnDef::new(SearchFeeds::Until).big_integer().not_null())
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table(SearchNodes::Table)
                    .col(
                        ColumnDef::new(SearchNodes::Id)
                            .uuid()
                            .not_null()
                            .primary_key(),
                    )
                    .col(ColumnDef::new(SearchNodes::Engine).text().not_null())
                    .col(
                        ColumnDef::new(SearchNodes::Position)
                            .big_integer()
                            .not_null(),
                    )
                    .col(ColumnDef::new(SearchNodes::Done).big_integer())
                    .col(ColumnDef::new(SearchNodes::Total).big_integer())
                    .col(ColumnDef::new(SearchNodes::SeenAt).big_integer().not_null())
                    .to_owned(),
            )
            .await?;
        manager
            .alter_table(
                Table::alter()
                    .table(Members::Table)
                    .add_column(
                        ColumnDef::new(Members::Clearance)
                            .text()
                            .not_null()
                            .default("secret"),
                    )
                    .to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .alter_table(
                Table::alter()
                    .table(Members::Table)
                    .drop_column(Members::Clearance)
                    .to_owned(),
            )
            .await?;
        for table in [
            Table::drop().table(SearchNodes::Table).to_owned(),
            Table::drop().table(SearchFeeds::Table).to_owned(),
            Table::drop().table(Outbox::Table).to_owned(),
        ] {
            manager.drop_table(table).await?;
        }
        Ok(())
    }
}
