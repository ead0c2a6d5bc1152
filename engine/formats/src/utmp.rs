//! Login records: `/run/utmp`, `/var/log/wtmp`, `/var/log/btmp` (utmp(5)). Numbers are little-endian.

/// The two forms of a record. Most systems write 32-bit times for the sake of old programs; 64-bit ARM, RISC-V and
/// others that have no such past write whole `long` values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// 384 bytes.
    Compact,
    /// 400 bytes.
    Wide,
}

impl Layout {
    /// Bytes of a record.
    #[must_use]
    pub const fn size(self) -> usize {
        match self {
            Self::Compact => 384,
            Self::Wide => 400,
        }
    }

    /// The layout in which a larger share of a file's first records makes sense; the compact one if both do as well.
    #[must_use]
    pub fn guess(head: &[u8]) -> Self {
        let (compact, of_compact) = Self::Compact.sound(head);
        let (wide, of_wide) = Self::Wide.sound(head);
        let wider = wide.saturating_mul(of_compact) > compact.saturating_mul(of_wide);
        if wider { Self::Wide } else { Self::Compact }
    }

    /// How many records have a known type and microseconds below a million, and of how many.
    fn sound(self, head: &[u8]) -> (usize, usize) {
        let micros = match self {
            Self::Compact => 344,
            // Behind whole longs: the session at 336, the seconds at 344.
            Self::Wide => 352,
        };
        let is_sound = |record: &&[u8]| {
            let kind = i16_at(record, 0).is_some_and(|kind| (0..=9).contains(&kind));
            kind && i32_at(record, micros).is_some_and(|micros| (0..1_000_000).contains(&micros))
        };
        let records = head.chunks_exact(self.size());
        (records.clone().filter(is_sound).count(), records.len())
    }
}

/// One record. Text fields end at their first NUL byte or where the field ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    /// `ut_type`: 7 is a login, 8 its end.
    pub kind: i64,
    /// The process of the login.
    pub pid: i64,
    /// Terminal, without `/dev/`.
    pub line: Vec<u8>,
    /// User name.
    pub user: Vec<u8>,
    /// Remote host, or the kernel's version for a boot.
    pub host: Vec<u8>,
    /// Seconds since the epoch.
    pub time: i64,
}

impl Login {
    /// Reads a record; `None` if it is too short.
    #[must_use]
    pub fn parse(record: &[u8], layout: Layout) -> Option<Self> {
        let time = match layout {
            Layout::Compact => i64::from(i32_at(record, 340)?),
            Layout::Wide => i64::from_le_bytes(*record.get(344..)?.first_chunk()?),
        };
        Some(Self {
            kind: i64::from(i16_at(record, 0)?),
            pid: i64::from(i32_at(record, 4)?),
            line: text(record.get(8..40)?),
            user: text(record.get(44..76)?),
            host: text(record.get(76..332)?),
            time,
        })
    }
}

fn i16_at(record: &[u8], place: usize) -> Option<i16> {
    record.get(place..)?.first_chunk().copied().map(i16::from_le_bytes)
}

fn i32_at(record: &[u8], place: usize) -> Option<i32> {
    record.get(place..)?.first_chunk().copied().map(i32::from_le_bytes)
}

fn text(field: &[u8]) -> Vec<u8> {
    field.split(|byte| *byte == 0).next().unwrap_or_default().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(layout: Layout, kind: i16, line: &[u8], user: &[u8], host: &[u8], time: i32) -> Vec<u8> {
        let mut bytes = vec![0; layout.size()];
        let mut put = |place: usize, what: &[u8]| bytes[place..place + what.len()].copy_from_slice(what);
        put(0, &kind.to_le_bytes());
        put(4, &77_i32.to_le_bytes());
        put(8, line);
        put(40, b"IDID");
        put(44, user);
        put(76, host);
        match layout {
            Layout::Compact => put(340, &time.to_le_bytes()),
            Layout::Wide => {
                put(344, &i64::from(time).to_le_bytes());
                put(352, &999_999_i64.to_le_bytes());
            }
        }
        bytes
    }

    #[test]
    fn both_layouts() {
        for layout in [Layout::Compact, Layout::Wide] {
            for (line, user) in [(&b"pts/1"[..], &b"alice"[..]), (&[b'l'; 32], &[b'u'; 32]), (b"\xff", b"")] {
                let bytes = record(layout, 7, line, user, &[b'h'; 256], 1_700_000_000);
                let login = Login::parse(&bytes, layout).expect("whole");
                assert_eq!((login.kind, login.pid, login.time), (7, 77, 1_700_000_000));
                assert_eq!((&login.line[..], &login.user[..], login.host.len()), (line, user, 256));
                assert_eq!(Login::parse(&bytes[..331], layout), None);
            }
            let file = [1, 2, 8, 7, 7, 8].map(|kind| record(layout, kind, b"~", b"", b"6.1", 1_700_000_000)).concat();
            assert_eq!(Layout::guess(&file), layout);
        }
    }

    #[test]
    fn guesses_without_evidence() {
        for head in [&b""[..], &[0; 9600], &[0xff; 9600], b"short"] {
            assert_eq!(Layout::guess(head), Layout::Compact);
        }
    }
}
