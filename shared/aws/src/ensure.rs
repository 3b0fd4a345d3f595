//! Makes what a template makes on AWS, for one machine and for tests. What is there is left alone.

mod queues;
mod table;

pub(crate) use queues::queues;
pub(crate) use table::table;
