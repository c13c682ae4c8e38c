//! The `machinaut` command. All of it is in the library, where tests can reach it.

use std::process::ExitCode;

use tikv_jemallocator::Jemalloc;

/// What a long session took goes back to the system when it is done, whichever threads read it.
#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

fn main() -> ExitCode {
    machinaut_server::cli::main()
}
