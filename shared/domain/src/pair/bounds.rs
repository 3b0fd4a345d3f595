//! How much of everything the options of a pair may hold, so that a pair stays a small item and
//! a message a short piece of work.

/// Characters of a pair's name.
pub const NAME: usize = 64;
/// Characters of the name under which messages appear on Discord. (Execute Webhook, `username`)
pub const PERSONA: usize = 80;
/// Characters of an address.
pub const URL: usize = 512;
/// Characters of a header or a footer.
pub const LINES: usize = 256;
/// Seconds that a message is held back: SQS hides no message longer than twelve hours.
pub const DELAY: u32 = 12 * 60 * 60;
/// Words in a list, and characters of one.
pub const WORDS: usize = 100;
pub const WORD: usize = 64;
/// Patterns in a list, and characters of one.
pub const PATTERNS: usize = 10;
pub const PATTERN: usize = 256;
/// Authors in a list, and characters of one.
pub const AUTHORS: usize = 100;
pub const AUTHOR: usize = 64;
/// Replacements, and characters of what each one looks for and of what it writes.
pub const REPLACEMENTS: usize = 20;
pub const FIND: usize = 256;
pub const WITH: usize = 256;
/// Messages after a gap, where only the last are wanted.
pub const LAST: u16 = 1_000;
/// Bytes of all texts of a pair's options together.
pub const TOTAL_BYTES: usize = 8 * 1024;
/// Bytes of all patterns of a pair together, once compiled. A class of Unicode such as `\w` takes
/// about 50,000.
pub const COMPILED_BYTES: usize = 256 * 1024;
/// Parentheses within parentheses.
pub const NESTING: u32 = 32;
/// Bytes of a text after the replacements. The longest message of a platform has about 16,000.
pub const RESULT_BYTES: usize = 32 * 1024;
