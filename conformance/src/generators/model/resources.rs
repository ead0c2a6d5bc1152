//! Resources: `uptime`, `load_average`, `memory_info`, `cpu_time`.
//!
//! proc_uptime(5), proc_loadavg(5), proc_meminfo(5) (in units of 1,024 bytes), proc_stat(5) (in ticks; kernels of long ago do
//! not count the last kinds, which are then 0).

use super::{Draw, Files, Part, Pool, Question, Subject, ToValue, cells};
use arbitrary::Result;

/// See the module.
pub static SUBJECT: Subject =
    Subject { name: "resources", tables: &["uptime", "load_average", "memory_info", "cpu_time"], needs: &[], generate };

#[derive(Debug)]
struct Resources {
    uptime: u64,
    /// In hundredths.
    loads: [u64; 3],
    /// In the order of [`AMOUNTS`]; unknown to kernels that do not tell it.
    kilobytes: [Option<u64>; 10],
    proc_stat: String,
    processors: Vec<(u32, Vec<u64>)>,
}

/// Names in the file, in its order, and columns.
const AMOUNTS: [(&str, &str); 10] = [
    ("MemTotal", "memory_total"),
    ("MemFree", "memory_free"),
    ("MemAvailable", "memory_available"),
    ("Buffers", "buffers"),
    ("Cached", "cached"),
    ("SwapCached", "swap_cached"),
    ("Active", "active"),
    ("Inactive", "inactive"),
    ("SwapTotal", "swap_total"),
    ("SwapFree", "swap_free"),
];
const MOST_KILOBYTES: u64 = (i64::MAX >> 10).unsigned_abs();
const TICKS: [&str; 11] =
    ["core", "user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal", "guest", "guest_nice"];

fn generate(draw: &mut Draw<'_, '_>, pool: &mut Pool) -> Result<Box<dyn Part>> {
    let mut kilobytes = [None; 10];
    for (place, amount) in kilobytes.iter_mut().enumerate() {
        // Before 3.14 kernels did not tell what is available.
        if place != 2 || !draw.odd(3)? {
            *amount = Some(draw.size(MOST_KILOBYTES)?);
        }
    }
    pool.memory = kilobytes[0].map(|kilobytes| kilobytes << 10);
    Ok(Box::new(Resources {
        uptime: draw.size(u64::MAX / 1_000_000_000)?,
        loads: [draw.number(0, 9_999)?, draw.number(0, 999)?, draw.number(0, 99)?],
        kilobytes,
        proc_stat: pool.proc_stat(),
        processors: pool.processors.clone(),
    }))
}

const UPTIME: &str = "/proc/uptime";
const LOADAVG: &str = "/proc/loadavg";
const MEMINFO: &str = "/proc/meminfo";
const STAT: &str = "/proc/stat";

impl Part for Resources {
    fn render(&self, files: &mut Files) {
        files.file(UPTIME, format!("{}.07 {}.99\n", self.uptime, self.uptime / 3));
        let loads = self.loads.map(|load| format!("{}.{:02}", load / 100, load % 100));
        files.file(LOADAVG, format!("{} 1/80 11206\n", loads.join(" ")));
        let mut text = String::new();
        for ((name, _), amount) in AMOUNTS.iter().zip(self.kilobytes) {
            if let Some(amount) = amount {
                text += &format!("{:<16}{amount:>8} kB\n", format!("{name}:"));
            }
            if *name == "Active" {
                text += "Active(anon):        77 kB\nActive(file):        78 kB\n";
            }
        }
        text += "HugePages_Total:       0\nDirectMap4k:       79 kB\n";
        files.lines(MEMINFO, text);
        files.lines(STAT, &self.proc_stat[..]);
    }

    fn ask(&self, table: &str) -> Vec<Question> {
        vec![match table {
            "uptime" => self.ask_uptime(),
            "load_average" => self.ask_load(),
            "memory_info" => self.ask_memory(),
            _ => self.ask_cpu(),
        }]
    }
}

impl Resources {
    fn ask_uptime(&self) -> Question {
        let mut question = Question::of("uptime", &["days", "hours", "minutes", "seconds", "total_seconds"]);
        let (minutes, seconds) = (self.uptime / 60, self.uptime % 60);
        let (hours, minutes) = (minutes / 60, minutes % 60);
        question.row(&[UPTIME.as_bytes()], cells![hours / 24, hours % 24, minutes, seconds, self.uptime]);
        question
    }

    fn ask_load(&self) -> Question {
        let mut question = Question::of("load_average", &["period", "average"]);
        for (period, load) in ["1m", "5m", "15m"].iter().zip(self.loads) {
            let average = format!("{}.{:02}0000", load / 100, load % 100);
            question.row(&[LOADAVG.as_bytes()], cells![period, average]);
        }
        question
    }

    fn ask_memory(&self) -> Question {
        const COLUMNS: [&str; 10] = {
            let mut columns = [""; 10];
            let mut place = 0;
            while place < 10 {
                columns[place] = AMOUNTS[place].1;
                place += 1;
            }
            columns
        };
        let mut question = Question::of("memory_info", &COLUMNS);
        let bytes = self.kilobytes.iter().map(|amount| amount.map(|kilobytes| kilobytes << 10).to_value());
        question.row(&[MEMINFO.as_bytes()], bytes.collect());
        question
    }

    fn ask_cpu(&self) -> Question {
        let mut question = Question::of("cpu_time", &TICKS);
        for (number, ticks) in &self.processors {
            let counted = ticks.iter().copied().chain(std::iter::repeat(0)).take(10);
            let row = std::iter::once(number.to_value()).chain(counted.map(|ticks| ticks.to_value()));
            question.row(&[STAT.as_bytes()], row.collect());
        }
        question
    }
}
