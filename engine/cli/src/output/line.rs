//! One value a line.

use super::out::Put;
use super::text::{push_cell, push_fill};
use super::{Cells, Out, Style};

/// Names are right-aligned to at least this width.
const NARROWEST: usize = 5;

pub(super) struct Line {
    null: String,
    /// `  name = ` of each column.
    labels: Vec<Vec<u8>>,
    first: bool,
}

impl Line {
    pub(super) fn new(style: &Style) -> Self {
        Self { null: style.null.clone(), labels: Vec::new(), first: true }
    }

    pub(super) fn begin(&mut self, names: &[&str]) {
        let width = names.iter().map(|name| name.len()).fold(NARROWEST, usize::max);
        let label = |name: &&str| {
            let mut label = Vec::with_capacity(width + 3);
            push_fill(&mut label, b' ', width - name.len());
            label.extend_from_slice(name.as_bytes());
            label.extend_from_slice(b" = ");
            label
        };
        self.labels = names.iter().map(label).collect();
        self.first = true;
    }

    pub(super) fn row(&mut self, out: &mut Out, row: &impl Cells) {
        if !std::mem::take(&mut self.first) {
            out.put(b"\n");
        }
        for (index, label) in self.labels.iter().enumerate() {
            out.put(label);
            push_cell(out, &row.at(index), &self.null);
            out.put(b"\n");
        }
    }
}
