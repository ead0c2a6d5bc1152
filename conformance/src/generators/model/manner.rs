//! How a kernel tells what netlink asks of it: in how many datagrams, and whether at once.

use super::Draw;
use crate::generators::netlink::{INTERRUPTED, Message, datagrams, refusal};
use arbitrary::Result;
use plumb_host::Dump;

/// How the answer to one request is told.
#[derive(Clone, Debug)]
pub(super) struct Manner {
    /// Messages of a datagram.
    each: usize,
    /// Whether something changed while it was told first: that answer does not count.
    interrupted: bool,
    /// The error that is told instead of an answer.
    refused: Option<i32>,
}

impl Manner {
    /// Draws one; a kernel that refuses leaves it to files to tell.
    pub(super) fn draw(draw: &mut Draw<'_, '_>, may_refuse: bool) -> Result<Self> {
        /// EPERM, ENOENT, ENOMEM, EOPNOTSUPP.
        const ERRORS: [i32; 4] = [1, 2, 12, 95];
        let refused = if may_refuse && draw.odd(6)? { Some(draw.pick(&ERRORS)?) } else { None };
        Ok(Self { each: draw.pick(&[8, 1, 3, 100])?, interrupted: draw.odd(4)?, refused })
    }

    /// Whether there is an answer.
    pub(super) fn answers(&self) -> bool {
        self.refused.is_none()
    }

    /// The answers to a request, in the order in which they are given when it is made again.
    pub(super) fn dumps(&self, request: impl Fn(Vec<Vec<u8>>) -> Dump, messages: &[Message]) -> Vec<Dump> {
        if let Some(errno) = self.refused {
            let kind = request(Vec::new()).kind;
            return vec![request(refusal(kind, errno))];
        }
        let mut all = Vec::new();
        if self.interrupted {
            // What was told twice, and what was not told since others moved into its place.
            let torn: Vec<Message> = messages.iter().take(1).chain(messages.iter().rev().skip(1)).cloned().collect();
            all.push(request(datagrams(&torn, self.each, INTERRUPTED)));
        }
        all.push(request(datagrams(messages, self.each, 0)));
        all
    }
}
