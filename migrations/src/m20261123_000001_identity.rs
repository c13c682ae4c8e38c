//! Who is there: organisations, their members, the links that set them up, and who is signed in.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, binary, integer, text, uuid, uuid_null,
};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [
            organisations(),
            members(),
            setup_links(),
            sign_ins(),
            web_sessions(),
            sign_in_failures(),
        ] {
            manager.create_table(table).await?;
        }
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [
            "sign_in_failures",
            "web_sessions",
            "sign_ins",
            "setup_links",
            "members",
            "organisations",
        ] {
            manager
                .drop_table(Table::drop().table(table).to_owned())
                .await?;
        }
        Ok(())
    }
}

fn organisations() -> TableCreateStatement {
    Table::create()
        .table("organisations")
        .col(uuid("id").primary_key())
        .col(text("name").unique_key())
        .col(big_integer("created_at"))
        .to_owned()
}

fn members() -> TableCreateStatement {
    Table::create()
        .table("members")
        .col(uuid("id").primary_key())
        .col(uuid("org_id"))
        .col(text("name"))
        // Lower case: one person, one account, however the address was typed.
        .col(text("email").unique_key())
        .col(text("password"))
        .col(text("role"))
        .col(big_integer("created_at"))
        .foreign_key(
            ForeignKey::create()
                .from("members", "org_id")
                .to("organisations", "id"),
        )
        .to_owned()
}

fn setup_links() -> TableCreateStatement {
    Table::create()
        .table("setup_links")
        .col(uuid("id").primary_key())
        // None: the link founds an organisation.
        .col(uuid_null("org_id"))
        .col(binary("secret_hash").unique_key())
        .col(big_integer("created_at"))
        .col(big_integer("expires_at"))
        .col(big_integer_null("used_at"))
        .foreign_key(
            ForeignKey::create()
                .from("setup_links", "org_id")
                .to("organisations", "id"),
        )
        .to_owned()
}

fn sign_ins() -> TableCreateStatement {
    Table::create()
        .table("sign_ins")
        .col(uuid("id").primary_key())
        .col(uuid("org_id"))
        .col(uuid("member_id"))
        .col(big_integer("created_at"))
        .col(big_integer("expires_at"))
        .col(big_integer_null("ended_at"))
        .foreign_key(
            ForeignKey::create()
                .from("sign_ins", "org_id")
                .to("organisations", "id"),
        )
        .foreign_key(
            ForeignKey::create()
                .from("sign_ins", "member_id")
                .to("members", "id"),
        )
        .to_owned()
}

fn web_sessions() -> TableCreateStatement {
    Table::create()
        .table("web_sessions")
        .col(binary("id_hash").primary_key())
        .col(text("data"))
        .col(big_integer("expires_at"))
        .to_owned()
}

fn sign_in_failures() -> TableCreateStatement {
    Table::create()
        .table("sign_in_failures")
        // Of an email or of an address: who fails here is not written down in clear.
        .col(binary("subject_hash").primary_key())
        .col(integer("failures"))
        .col(big_integer("window_ends_at"))
        .to_owned()
}

fn indexes() -> Vec<IndexCreateStatement> {
    let index = |name: &'static str, table: &'static str, column: &'static str| {
        Index::create()
            .name(name)
            .table(table)
            .col(column)
            .to_owned()
    };
    vec![
        index("members_org", "members", "org_id"),
        index("sign_ins_member", "sign_ins", "member_id"),
        index("sign_ins_expiry", "sign_ins", "expires_at"),
        index("web_sessions_expiry", "web_sessions", "expires_at"),
        index(
            "sign_in_failures_window",
            "sign_in_failures",
            "window_ends_at",
        ),
    ]
}
