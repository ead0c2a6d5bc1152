//! What the kernel offers, as far as what is switched on needs it.

use super::Exam;
use plumb_agent::flags::os_text;
use rustix::fs::{Mode, OFlags, ResolveFlags, openat2};
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, netlink, recv, send, socket_with};
use std::io;

/// Directories that can be watched, at least, when files are.
const WATCHES: u64 = 65_536;

/// The request for the audit system's state, in the kernel's own byte order: length, type 1000, flags (request), number 1.
const AUDIT_GET: u16 = 1000;

pub(super) fn look(exam: &mut Exam<'_>) {
    if let Some(release) = exam.read("/proc/sys/kernel/osrelease") {
        exam.ok("kernel", format!("Linux {release}"));
    }
    paths(exam);
    processes(exam);
    inotify(exam);
    audit(exam);
    bpf(exam);
}

fn paths(exam: &mut Exam<'_>) {
    let flags = OFlags::PATH | OFlags::CLOEXEC;
    match openat2(rustix::fs::CWD, "/", flags, Mode::empty(), ResolveFlags::IN_ROOT) {
        Ok(_) => exam.ok("kernel", "openat2: paths below --root are resolved by the kernel"),
        Err(error) => {
            let text = format!("no openat2 ({error}): paths below --root are resolved step by step, which is slower");
            exam.warn("kernel", text, "Linux 5.6 or later, and a sandbox that allows openat2");
        }
    }
}

/// Whether the processes of others can be seen.
fn processes(exam: &mut Exam<'_>) {
    let mounts = exam.read("/proc/self/mounts").unwrap_or_default();
    let options = mounts.lines().rev().find_map(|line| {
        let mut words = line.split(' ').skip(1);
        (words.next() == Some("/proc") && words.next() == Some("proc")).then(|| words.next().unwrap_or_default())
    });
    let hidden =
        options.unwrap_or_default().split(',').find(|option| option.starts_with("hidepid=") && !option.ends_with("=0"));
    if let Some(option) = hidden {
        let text =
            format!("/proc is mounted with {option}: without all capabilities other users' processes are unseen");
        exam.warn("kernel", text, "run it as root with CAP_SYS_PTRACE, or ProtectProc=default in the unit");
    }
}

fn inotify(exam: &mut Exam<'_>) {
    if !exam.flags.bool("enable_file_events") {
        return;
    }
    let limit = |exam: &Exam<'_>, name: &str| exam.read(&format!("/proc/sys/fs/inotify/{name}"))?.parse::<u64>().ok();
    match limit(exam, "max_user_watches") {
        Some(watches) if watches < WATCHES => {
            let text = format!("only {watches} directories can be watched");
            exam.warn("events", text, format!("sysctl fs.inotify.max_user_watches={WATCHES}"));
        }
        Some(watches) => exam.ok("events", format!("{watches} directories can be watched")),
        None => exam.fail("events", "the kernel has no inotify", "leave out --enable_file_events"),
    }
}

fn audit(exam: &mut Exam<'_>) {
    if exam.flags.bool("disable_audit") {
        return;
    }
    match audit_owner() {
        Ok(0) => exam.ok("events", "nobody else listens to the audit system"),
        Ok(pid) => {
            let name = exam.read(&format!("/proc/{pid}/comm")).unwrap_or_default();
            let text = format!("process {pid} ({name}) owns the audit system, of which there is one owner");
            exam.warn("events", text, "stop and mask it (systemctl disable --now auditd), or leave --disable_audit on");
        }
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            exam.warn("events", "the audit system does not answer this user", "run it as root with CAP_AUDIT_CONTROL");
        }
        Err(error) => {
            let text = format!("the audit system cannot be asked: {}", os_text(&error));
            exam.fail("events", text, "a kernel with CONFIG_AUDIT, outside of containers; or leave --disable_audit on");
        }
    }
}

/// The process that receives audit events; 0 for none.
fn audit_owner() -> io::Result<u32> {
    let family = Some(netlink::AUDIT);
    let socket = socket_with(AddressFamily::NETLINK, SocketType::RAW, SocketFlags::CLOEXEC, family)?;
    rustix::net::sockopt::set_socket_timeout(
        &socket,
        rustix::net::sockopt::Timeout::Recv,
        Some(std::time::Duration::from_secs(2)),
    )?;
    let mut request = Vec::with_capacity(16);
    request.extend_from_slice(&16_u32.to_ne_bytes());
    request.extend_from_slice(&AUDIT_GET.to_ne_bytes());
    request.extend_from_slice(&1_u16.to_ne_bytes());
    request.extend_from_slice(&1_u32.to_ne_bytes());
    request.extend_from_slice(&0_u32.to_ne_bytes());
    send(&socket, &request, SendFlags::empty())?;
    let mut answer = [0; 512];
    let (length, _) = recv(&socket, &mut answer, RecvFlags::empty())?;
    owner_in(answer.get(..length).unwrap_or_default())
}

/// The owner in an answer of the audit system: behind the head of 16 bytes the fourth number; or the error that it is.
fn owner_in(answer: &[u8]) -> io::Result<u32> {
    let number = |at: usize| answer.get(at..at + 4)?.try_into().ok().map(u32::from_ne_bytes);
    let kind = answer.get(4..6).and_then(|bytes| bytes.try_into().ok()).map(u16::from_ne_bytes);
    match (kind, number(16), number(28)) {
        (Some(AUDIT_GET), _, Some(pid)) => Ok(pid),
        (Some(2), Some(error), _) if error != 0 => {
            Err(io::Error::from_raw_os_error(error.cast_signed().wrapping_neg()))
        }
        _ => Err(io::ErrorKind::InvalidData.into()),
    }
}

fn bpf(exam: &mut Exam<'_>) {
    if exam.system("/sys/kernel/btf/vmlinux").exists() {
        exam.ok("kernel", "BPF programs can be loaded as they are (BTF)");
    } else {
        exam.ok("kernel", "no BTF: BPF event sources will not work here");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_of_the_audit_system() {
        let answer = |kind: u16, words: &[u32]| {
            let mut bytes = vec![0; 4];
            bytes.extend_from_slice(&kind.to_ne_bytes());
            bytes.extend_from_slice(&[0; 10]);
            bytes.extend(words.iter().flat_map(|word| word.to_ne_bytes()));
            bytes
        };
        let refused = (-rustix::io::Errno::PERM.raw_os_error()).cast_unsigned();
        for (bytes, expect) in [
            (answer(AUDIT_GET, &[0, 1, 1, 4711, 0]), Ok(4711)),
            (answer(AUDIT_GET, &[0, 1, 1, 0, 0]), Ok(0)),
            (answer(AUDIT_GET, &[0, 1]), Err(io::ErrorKind::InvalidData)),
            (answer(2, &[refused]), Err(io::ErrorKind::PermissionDenied)),
            (answer(2, &[0]), Err(io::ErrorKind::InvalidData)),
            (Vec::new(), Err(io::ErrorKind::InvalidData)),
        ] {
            assert_eq!(owner_in(&bytes).map_err(|error| error.kind()), expect, "{bytes:?}");
        }
    }
}
