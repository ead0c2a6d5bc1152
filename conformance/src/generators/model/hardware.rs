//! Hardware: `cpu_info`, `system_info`.
//!
//! SMBIOS tables (DSP0134): structures of a formatted area and its strings; type 1 is the machine, 2 its board, 4 a processor.
//! Counts of cores beyond 254 stand in words that version 3.0 brought. `/proc/cpuinfo` of x86 tells package and core of each
//! processor, that of ARM does not.

use super::{Draw, Files, Part, Pool, Question, Subject, cells, names, resources};
use arbitrary::Result;

/// See the module.
pub static SUBJECT: Subject = Subject {
    name: "hardware",
    tables: &["cpu_info", "system_info"],
    needs: &[&names::SUBJECT, &resources::SUBJECT],
    generate,
};

#[derive(Debug)]
struct Hardware {
    arch: &'static str,
    host: Vec<u8>,
    full_host: Option<Vec<u8>>,
    memory: Option<u64>,
    shared: Vec<(String, Vec<u8>)>,
    uuid: Option<[u8; 16]>,
    /// Vendor, model, version and serial number of the machine and of its board.
    machine: [Vec<u8>; 4],
    board: [Vec<u8>; 4],
    chips: Vec<Chip>,
    packages: u32,
    cores: u32,
    threads: u32,
    brand: &'static str,
    model: u32,
}

/// A processor as the firmware describes it.
#[derive(Debug)]
struct Chip {
    designation: Vec<u8>,
    kind: u8,
    maker: Vec<u8>,
    version: Vec<u8>,
    speeds: [u16; 2],
    status: u8,
    cores: u16,
    threads: u16,
    is_64_bit: bool,
    /// Whether the table is of version 3.0.
    new: bool,
}

fn generate(draw: &mut Draw<'_, '_>, pool: &mut Pool) -> Result<Box<dyn Part>> {
    let mut maker = || -> Result<[Vec<u8>; 4]> { Ok([string(draw)?, string(draw)?, string(draw)?, string(draw)?]) };
    let (machine, board) = (maker()?, maker()?);
    let chips = (0..draw.count(1, 3)?).map(|_| chip(draw)).collect::<Result<_>>()?;
    let bytes = draw.number(1, u64::MAX >> 1)?.to_be_bytes();
    let uuid = [bytes, bytes].concat().try_into().ok();
    Ok(Box::new(Hardware {
        arch: pool.arch,
        host: pool.host.clone(),
        full_host: pool.full_host.clone(),
        memory: pool.memory,
        shared: pool.proc_sys(),
        uuid: if draw.chance(4)? { None } else { uuid },
        machine,
        board,
        chips,
        packages: draw.small(1, 2)?,
        cores: draw.small(1, 4)?,
        threads: draw.small(1, 2)?,
        brand: draw.pick(&["Intel(R) Xeon(R) Processor", "AMD EPYC 7B13: 64-Core", "QEMU Virtual CPU version 2.5+"])?,
        model: draw.small(0, 255)?,
    }))
}

/// A string of firmware: any bytes but NUL. Blanks at the end are the vendor's carelessness; none at all is number 0.
fn string(draw: &mut Draw<'_, '_>) -> Result<Vec<u8>> {
    if draw.odd(4)? {
        return Ok(Vec::new());
    }
    let text = draw.word(b"\n\t")?;
    let text = text.trim_ascii();
    Ok(if text.is_empty() { b"x".to_vec() } else { text.to_vec() })
}

fn chip(draw: &mut Draw<'_, '_>) -> Result<Chip> {
    let new = !draw.chance(3)?;
    let cores = if draw.odd(3)? { draw.pick(&[0, 254, 255, 256, 384, 65_534])? } else { draw.pick(&[1, 4, 64])? };
    let most = if new { u16::MAX } else { 254 };
    Ok(Chip {
        designation: string(draw)?,
        kind: draw.pick(&[3, 3, 3, 4, 5, 6])?,
        maker: string(draw)?,
        version: string(draw)?,
        speeds: [draw.pick(&[2000, 3500, 0])?, draw.pick(&[3500, 0, 65_535])?],
        status: draw.pick(&[0x41, 0x40, 0])?,
        cores: cores.min(most),
        threads: cores.saturating_mul(2).min(most),
        is_64_bit: !draw.chance(4)?,
        new,
    })
}

/// A structure: its formatted area without the header, and its strings.
fn structure(kind: u8, area: &[u8], strings: &[&[u8]]) -> Vec<u8> {
    let length = u8::try_from(area.len() + 4).unwrap_or(u8::MAX);
    let mut bytes = [&[kind, length, kind, 0][..], area].concat();
    let strings: Vec<&&[u8]> = strings.iter().filter(|string| !string.is_empty()).collect();
    strings.iter().for_each(|string| bytes.extend([string, &b"\0"[..]].concat()));
    if strings.is_empty() {
        bytes.push(0);
    }
    bytes.push(0);
    bytes
}

/// Numbers of strings, in their order; 0 for those that are not there.
fn numbers<const N: usize>(strings: &[&[u8]; N]) -> [u8; N] {
    let mut last = 0;
    strings.map(|string| {
        last += u8::from(!string.is_empty());
        if string.is_empty() { 0 } else { last }
    })
}

impl Chip {
    fn structure(&self) -> Vec<u8> {
        let strings: [&[u8]; 3] = [&self.designation, &self.maker, &self.version];
        let [designation, maker, version] = numbers(&strings);
        let byte = |count: u16| u8::try_from(count).unwrap_or(u8::MAX);
        let mut area = vec![designation, self.kind, 2, maker];
        area.extend([0xaa; 8]);
        area.extend([version, 0x8c, 100, 0]);
        area.extend([self.speeds[1].to_le_bytes(), self.speeds[0].to_le_bytes()].concat());
        area.extend([self.status, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0]);
        area.extend([byte(self.cores), byte(self.cores), byte(self.threads)]);
        area.extend((if self.is_64_bit { 0x0c_u16 } else { 0x08 }).to_le_bytes());
        if self.new {
            let words = [2, self.cores, self.cores, self.threads];
            area.extend(words.map(u16::to_le_bytes).concat());
        }
        structure(4, &area, &strings)
    }
}

const DMI: &str = "/sys/firmware/dmi/tables/DMI";
const CPUINFO: &str = "/proc/cpuinfo";

impl Hardware {
    fn is_x86(&self) -> bool {
        self.arch == "x86_64"
    }

    fn tables(&self) -> Vec<u8> {
        let maker = |kind: u8, strings: &[Vec<u8>; 4], rest: &[u8]| {
            let strings: [&[u8]; 4] = [&strings[0], &strings[1], &strings[2], &strings[3]];
            structure(kind, &[&numbers(&strings)[..], rest].concat(), &strings)
        };
        let uuid = self.uuid.unwrap_or_default();
        let mut bytes = structure(0, &[0; 20], &[b"BIOS"]);
        bytes.extend(maker(1, &self.machine, &[&uuid[..], &[6, 0, 0]].concat()));
        bytes.extend(maker(2, &self.board, &[0, 9, 0, 0, 0, 10, 0]));
        self.chips.iter().for_each(|chip| bytes.extend(chip.structure()));
        bytes.extend(structure(127, &[], &[]));
        bytes
    }

    fn cpuinfo(&self) -> String {
        let mut text = String::new();
        let (each, all) = (self.cores * self.threads, self.packages * self.cores * self.threads);
        for number in 0..all {
            text += &format!("processor\t: {number}\n");
            text += &match self.is_x86() {
                true => format!(
                    "vendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t\t: {}\nmodel name\t: {}\nstepping\t: 4\n\
                     microcode\t: 0x{:x}\ncpu MHz\t\t: 2095.078\nphysical id\t: {}\nsiblings\t: {each}\ncore id\t\t: {}\n\
                     cpu cores\t: {}\nflags\t\t: fpu vme\naddress sizes\t: 46 bits physical\n\n",
                    self.model,
                    self.brand,
                    self.model + 1,
                    number / each,
                    number % each / self.threads,
                    self.cores
                ),
                false => {
                    "BogoMIPS\t: 50.00\nFeatures\t: fp asimd\nCPU implementer\t: 0x41\nCPU part\t: 0xd0c\n\n".to_owned()
                }
            };
        }
        text
    }

    /// The first three groups are little-endian.
    fn uuid_text(&self) -> Option<String> {
        let [a, b, c, d, e, f, g, h, rest @ ..] = self.uuid?;
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let (node, clock) = (hex(&rest[2..]), hex(&rest[..2]));
        Some(format!("{}-{}-{}-{clock}-{node}", hex(&[d, c, b, a]), hex(&[f, e]), hex(&[h, g])))
    }
}

impl Part for Hardware {
    fn render(&self, files: &mut Files) {
        files.file(DMI, self.tables());
        files.file(CPUINFO, self.cpuinfo());
        Pool::render_proc_sys(&self.shared, files);
    }

    fn ask(&self, table: &str) -> Vec<Question> {
        vec![if table == "cpu_info" { self.ask_chips() } else { self.ask_system() }]
    }
}

impl Hardware {
    fn ask_chips(&self) -> Question {
        let columns = &[
            "device_id",
            "model",
            "manufacturer",
            "processor_type",
            "cpu_status",
            "number_of_cores",
            "logical_processors",
            "address_width",
            "current_clock_speed",
            "max_clock_speed",
            "socket_designation",
        ];
        let mut question = Question::of("cpu_info", columns);
        for (place, chip) in self.chips.iter().enumerate() {
            let prefix = ["CPU", "MATH", "DSP", "GPU"][usize::from(chip.kind - 3)];
            let width = if chip.is_64_bit { "64" } else { "32" };
            let row = cells![
                format!("{prefix}{place}"),
                chip.version,
                chip.maker,
                chip.kind.to_string(),
                u16::from(chip.status),
                chip.cores.to_string(),
                chip.threads,
                width,
                chip.speeds[0],
                chip.speeds[1],
                chip.designation,
            ];
            question.row(&[DMI.as_bytes(), CPUINFO.as_bytes()], row);
        }
        question
    }

    fn ask_system(&self) -> Question {
        let columns = &[
            "hostname",
            "uuid",
            "cpu_type",
            "cpu_subtype",
            "cpu_brand",
            "cpu_physical_cores",
            "cpu_logical_cores",
            "cpu_sockets",
            "cpu_microcode",
            "physical_memory",
            "hardware_vendor",
            "hardware_model",
            "hardware_version",
            "hardware_serial",
            "board_vendor",
            "board_model",
            "board_version",
            "board_serial",
            "computer_name",
            "local_hostname",
        ];
        let mut question = Question::of("system_info", columns);
        let x86 = self.is_x86();
        let all = self.packages * self.cores * self.threads;
        let host = self.full_host.as_ref().unwrap_or(&self.host);
        let (machine, board) = (&self.machine, &self.board);
        let row = cells![
            host,
            self.uuid_text(),
            self.arch,
            if x86 { self.model.to_string() } else { "0".to_owned() },
            x86.then_some(self.brand),
            if x86 { self.packages * self.cores } else { all },
            all,
            x86.then_some(self.packages),
            x86.then(|| format!("0x{:x}", self.model + 1)),
            self.memory,
            machine[0],
            machine[1],
            machine[2],
            machine[3],
            board[0],
            board[1],
            board[2],
            board[3],
            self.host,
            host,
        ];
        question.row(&[DMI.as_bytes(), CPUINFO.as_bytes(), b"/proc", b"/etc", b"/sys"], row);
        question
    }
}
