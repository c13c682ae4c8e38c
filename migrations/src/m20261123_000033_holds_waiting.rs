//! Finding the holds that may wait for a decision among all those that have ended.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const NAME: &str = "holds_waiting";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let not_ended = Cond::any()
            .add(Expr::col("log_outcome").is_null())
            .add(Expr::col("waiting_until").is_not_null());
        manager
            .create_index(
                Index::create()
                    .name(NAME)
                    .table("holds")
                    .col("org_id")
                    .col("id")
                    .and_where(Expr::col("merged").is_null())
                    .and_where(Expr::col("decision").is_null())
                    .cond_where(not_ended)
                    .to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_index(Index::drop().name(NAME).table("holds").to_owned())
            .await
    }
}
