//! Room on the stack for the YAML parser.
//!
//! A document may nest 64 levels deep before it is refused, and unoptimised builds of the parser
//! take some 40 KB of stack a level: more than a worker thread has. Bad input must end in a
//! diagnostic wherever it is read, so trees are read on a thread with enough of it.

/// Stack of the thread that reads trees, in bytes.
const STACK: usize = 16 << 20;

/// What `work` gives, done with [`STACK`] bytes of stack (or, where there can be no further
/// thread, with what there is).
pub(crate) fn with_room<T: Send>(work: impl Fn() -> T + Sync) -> T {
    std::thread::scope(|scope| {
        let builder = std::thread::Builder::new().name("case reader".into()).stack_size(STACK);
        match builder.spawn_scoped(scope, &work) {
            Ok(thread) => match thread.join() {
                Ok(result) => result,
                Err(panic) => std::panic::resume_unwind(panic),
            },
            Err(_) => work(),
        }
    })
}
