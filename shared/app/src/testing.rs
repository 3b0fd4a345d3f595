//! Stateful fakes of the ports.

