//! Statements that change something and whose answers nobody needs, sent as one. On SQLite each
//! question goes to the thread of its connection and back, which takes longer than most of them do;
//! PostgreSQL takes one statement at a time.

use sea_orm::sea_query::Values;
use sea_orm::{ConnectionTrait as _, DbBackend, QueryTrait, Statement};

use super::Write;
use crate::Result;

/// How many are sent as one. The connection remembers what it made of them, in memory, as one.
const AT_ONCE: usize = 16;

/// Statements that have not been sent.
pub(crate) struct Batch {
    backend: DbBackend,
    statements: Vec<Statement>,
}

impl Batch {
    /// Whose statements they are.
    pub(crate) fn backend(&self) -> DbBackend {
        self.backend
    }

    /// Adds one after those that are there.
    pub(crate) fn add(&mut self, query: &impl QueryTrait) {
        self.statements.push(query.build(self.backend));
    }

    /// Adds one that has nothing bound to it.
    pub(super) fn add_text(&mut self, sql: &'static str) {
        let statement = Statement::from_string(self.backend, sql);
        self.statements.push(statement);
    }
}

impl Write {
    /// A batch for this transaction, empty.
    pub(crate) fn batch(&self) -> Batch {
        Batch {
            backend: self.get_database_backend(),
            statements: Vec::new(),
        }
    }

    /// Sends the statements, in their order.
    ///
    /// # Errors
    /// [`Error::Database`](crate::Error::Database) from the first that fails; those after it are not
    /// sent. As after any statement that failed, the transaction has ended.
    pub(crate) async fn run(&self, batch: Batch) -> Result<()> {
        let Batch {
            backend,
            statements,
        } = batch;
        if backend == DbBackend::Sqlite {
            let mut statements = statements.into_iter().peekable();
            while statements.peek().is_some() {
                if let Some(one) = joined(statements.by_ref().take(AT_ONCE)) {
                    self.execute_raw(one).await?;
                }
            }
            return Ok(());
        }
        for statement in statements {
            self.execute_raw(statement).await?;
        }
        Ok(())
    }
}

/// All as one. What is bound is told apart by its place, in the first statement, then in the next.
fn joined(statements: impl Iterator<Item = Statement>) -> Option<Statement> {
    statements.reduce(|mut all, next| {
        all.sql.push_str(";\n");
        all.sql.push_str(&next.sql);
        let bound = all.values.get_or_insert_with(|| Values(Vec::new()));
        bound
            .0
            .extend(next.values.into_iter().flat_map(|values| values.0));
        all
    })
}

#[cfg(test)]
mod tests {
    use sea_orm::entity::prelude::*;
    use sea_orm::sea_query::Expr;

    use crate::trial::Trial;

    /// What of an organisation is told apart here.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "organisations")]
    struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        id: Uuid,
        name: String,
    }

    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}

    fn rename(from: &str, to: &str) -> sea_orm::UpdateMany<Entity> {
        Entity::update_many()
            .col_expr(Column::Name, Expr::val(to))
            .filter(Column::Name.eq(from))
    }

    async fn name(trial: &Trial) -> String {
        let found = Entity::find().one(trial.control.read()).await;
        found.unwrap().unwrap().name
    }

    #[tokio::test]
    async fn what_is_sent_together_is_done_in_order_each_with_what_was_bound_to_it() {
        Trial::each(async |trial| {
            trial.organisation("acme").await;
            let write = trial.control.begin().await.unwrap();
            let mut batch = write.batch();
            batch.add(&rename("acme", "between"));
            batch.add(&rename("between", "zenith"));
            write.run(batch).await.unwrap();
            write.run(write.batch()).await.unwrap();
            write.commit().await.unwrap();
            assert_eq!(name(trial).await, "zenith");
        })
        .await;
    }

    #[tokio::test]
    async fn where_one_fails_nothing_of_the_transaction_is_left() {
        Trial::each(async |trial| {
            trial.organisation("acme").await;
            let write = trial.control.begin().await.unwrap();
            let mut batch = write.batch();
            batch.add(&rename("acme", "lost"));
            batch.add(&Entity::insert(<ActiveModel as Default>::default()));
            batch.add(&rename("lost", "found"));
            assert!(write.run(batch).await.is_err(), "a row needs its columns");
            drop(write);
            assert_eq!(name(trial).await, "acme");
        })
        .await;
    }
}
