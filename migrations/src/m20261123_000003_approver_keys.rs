//! The public halves of the keys that approvers sign with. A revoked key stays: what it signed
//! before is still read.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, big_integer_null, text, uuid};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("approver_keys")
                    .col(uuid("id").primary_key())
                    .col(uuid("org_id"))
                    .col(uuid("member_id"))
                    .col(text("approver_id"))
                    .col(text("label"))
                    .col(text("public_key"))
                    .col(text("fingerprint"))
                    .col(text("tier"))
                    .col(big_integer("created_at"))
                    .col(big_integer_null("revoked_at"))
                    .foreign_key(
                        ForeignKey::create()
                            .from("approver_keys", "org_id")
                            .to("organisations", "id"),
                    )
                    .foreign_key(
                        ForeignKey::create()
                            .from("approver_keys", "member_id")
                            .to("members", "id"),
                    )
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("approver_keys_approver")
                    .table("approver_keys")
                    .col("org_id")
                    .col("approver_id")
                    .unique()
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("approver_keys_fingerprint")
                    .table("approver_keys")
                    .col("org_id")
                    .col("fingerprint")
                    .unique()
                    .to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table("approver_keys").to_owned())
            .await
    }
}
