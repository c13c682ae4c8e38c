//! The tokens with which machines ship sessions and fetch decisions. Only hashes are kept.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, binary, boolean, text, text_null, uuid,
};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("machine_tokens")
                    .col(uuid("id").primary_key())
                    .col(uuid("org_id"))
                    .col(text("name"))
                    .col(text_null("project_id"))
                    .col(boolean("grant_ship"))
                    .col(boolean("grant_approvals"))
                    .col(text("prefix").unique_key())
                    .col(binary("token_hash"))
                    .col(big_integer("created_at"))
                    .col(big_integer_null("last_used_at"))
                    .col(big_integer_null("revoked_at"))
                    .foreign_key(
                        ForeignKey::create()
                            .from("machine_tokens", "org_id")
                            .to("organisations", "id"),
                    )
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("machine_tokens_org")
                    .table("machine_tokens")
                    .col("org_id")
                    .to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table("machine_tokens").to_owned())
            .await
    }
}
