//! `machinaut backup`: a copy of the default database for the day that it is lost.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use machinaut_chain::timestamp::Instant;
use machinaut_control::upkeep::{self, Engine};
use machinaut_control::{Control, LocalOperator};

use super::Failure;
use super::serve::open;
use crate::settings::Settings;

const LONG: &str = "\
Copies the SQLite database, as it is at one moment, into a new file, while the server runs and goes on writing. The
copy is read back and checked before it gets its name, is readable by its owner alone, and holds everything: what was
shipped, password hashes and all. Keep it as you keep the database.

PATH is the new file, or a folder, in which the file is named after the time.

To restore: stop the server, put the copy in the place of machinaut.db, remove machinaut.db-wal and machinaut.db-shm
beside it, start the server. A PostgreSQL database is backed up with pg_dump. See docs/operations.md.";

/// Copy the default database into a file, while the server runs.
#[derive(Debug, Args)]
#[command(long_about = LONG)]
pub(super) struct Backup {
    /// The new file, or a folder for it.
    #[arg(value_name = "PATH")]
    to: PathBuf,
}

impl Backup {
    pub(super) async fn run(
        &self,
        settings: &Settings,
        out: &mut dyn Write,
    ) -> Result<(), Failure> {
        match settings.sqlite_file() {
            None => {
                return Err(Failure::Usage(
                    "The database is PostgreSQL. Back it up with its own tools: pg_dump --format=custom \
                     --file=machinaut.dump DATABASE (see docs/operations.md)."
                        .to_owned(),
                ));
            }
            Some(file) if !file.exists() => {
                return Err(Failure::Backup(format!(
                    "There is no database at {} to back up. Check data_dir and database_url; machinaut doctor shows \
                     them.",
                    file.display()
                )));
            }
            Some(_) => {}
        }
        let control = open(settings).await?;
        let copied = self.copy(&control).await;
        control.close().await?;
        let (file, sessions, bytes) = copied?;
        writeln!(
            out,
            "Backed up {sessions} sessions into {} ({bytes} bytes).",
            file.display()
        )?;
        Ok(())
    }

    async fn copy(&self, control: &Control) -> Result<(PathBuf, u64, u64), Failure> {
        debug_assert_eq!(upkeep::engine(control), Engine::Sqlite);
        let file = if self.to.is_dir() {
            let at = Instant::from_millis(control.now().millis()).to_timestamp();
            let at: String = at
                .as_str()
                .chars()
                .filter(char::is_ascii_alphanumeric)
                .collect();
            self.to.join(format!("machinaut-{at}.db"))
        } else {
            self.to.clone()
        };
        if file.exists() {
            return Err(Failure::Backup(format!(
                "{} is there already. Nothing is overwritten: name another file.",
                file.display()
            )));
        }
        let unfinished = Unfinished::beside(&file)?;
        let operator = LocalOperator::at_the_console();
        let sessions = upkeep::copy_into(operator, control, &unfinished.0).await?;
        let bytes = unfinished
            .finish(&file)
            .map_err(|error| cannot_write(&file, &error))?;
        Ok((file, sessions, bytes))
    }
}

/// A copy that has not its name yet. It goes away with whoever made it.
struct Unfinished(PathBuf);

impl Unfinished {
    /// An empty file that only its owner may read.
    fn beside(file: &Path) -> Result<Self, Failure> {
        let mut name = file.file_name().unwrap_or_default().to_owned();
        name.push(".unfinished");
        let path = file.with_file_name(name);
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        match options.open(&path) {
            Ok(_) => Ok(Self(std::path::absolute(path)?)),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                Err(Failure::Backup(format!(
                    "{} is there: another backup is running, or one was cut off. Remove it if none is.",
                    path.display()
                )))
            }
            Err(error) => Err(cannot_write(file, &error)),
        }
    }

    /// Makes it durable, then gives it its name.
    fn finish(self, file: &Path) -> std::io::Result<u64> {
        let copy = File::open(&self.0)?;
        copy.sync_all()?;
        let bytes = copy.metadata()?.len();
        // Unlike a rename, it never takes the place of a file.
        std::fs::hard_link(&self.0, file)?;
        #[cfg(unix)]
        if let Some(folder) = self.0.parent() {
            File::open(folder)?.sync_all()?;
        }
        Ok(bytes)
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        // Whoever cannot remove it finds it by its name.
        let _ = std::fs::remove_file(&self.0);
    }
}

fn cannot_write(file: &Path, error: &std::io::Error) -> Failure {
    Failure::Backup(format!("{} cannot be written: {error}.", file.display()))
}
