//! The server as it is reached from outside: the real router on a loopback port, on SQLite and, where
//! `MACHINAUT_TEST_POSTGRES_URL` names a cluster, on PostgreSQL.

mod house;

mod headers;
