//! Tables of osquery 5.23 that Plumb does not have yet, on any platform.
//!
//! A table that is built is taken off this list; a test counts both.

/// Their names, in order.
#[rustfmt::skip]
pub const NOT_YET: &[&str] = &[
    "account_policy_data", "acpi_tables", "ad_config", "alf", "alf_exceptions", "alf_explicit_auths", "app_schemes",
    "apparmor_events", "apparmor_profiles", "appcompat_shims", "apps", "asl", "augeas", "authenticode",
    "authorization_mechanisms", "authorizations", "autoexec", "azure_instance_metadata", "azure_instance_tags",
    "background_activities_moderator", "battery", "bitlocker_info", "block_devices", "browser_plugins",
    "carbon_black_info", "carves", "certificate_trust_settings", "certificates", "chassis_info",
    "chocolatey_packages", "chrome_extension_content_scripts", "chrome_extensions", "connected_displays",
    "connectivity", "cpuid", "crashes", "cups_destinations", "cups_jobs", "curl", "curl_certificate",
    "default_environment", "device_file", "device_firmware", "device_hash", "device_partitions",
    "deviceguard_status", "disk_encryption", "disk_events", "disk_info", "dns_cache", "dns_lookup_events",
    "docker_container_envs", "docker_container_fs_changes", "docker_container_labels", "docker_container_mounts",
    "docker_container_networks", "docker_container_ports", "docker_container_processes", "docker_container_stats",
    "docker_containers", "docker_image_history", "docker_image_labels", "docker_image_layers", "docker_images",
    "docker_info", "docker_network_labels", "docker_networks", "docker_version", "docker_volume_labels",
    "docker_volumes", "drivers", "ec2_instance_metadata", "ec2_instance_tags", "es_process_events",
    "es_process_file_events", "event_taps", "extended_attributes", "fan_speed_sensors", "file_events",
    "firefox_addons", "gatekeeper", "gatekeeper_approved_apps", "hardware_events", "homebrew_packages",
    "ibridge_info", "ie_extensions", "intel_me_info", "iokit_devicetree", "iokit_registry", "iptables",
    "jetbrains_plugins", "kernel_extensions", "kernel_keys", "kernel_panics", "keychain_acls", "keychain_items",
    "kva_speculative_info", "launchd", "launchd_overrides", "location_services", "logical_drives", "logon_sessions",
    "lxd_certificates", "lxd_cluster", "lxd_cluster_members", "lxd_images", "lxd_instance_config",
    "lxd_instance_devices", "lxd_instances", "lxd_networks", "lxd_storage_pools", "magic", "managed_policies",
    "md_devices", "md_drives", "md_personalities", "mdfind", "mdls", "memory_array_mapped_addresses",
    "memory_arrays", "memory_device_mapped_addresses", "memory_devices", "memory_error_info", "memory_map", "msr",
    "nfs_shares", "npm_packages", "ntdomains", "ntfs_acl_permissions", "ntfs_journal_events", "nvram",
    "oem_strings", "office_mru",
    "package_bom", "package_install_history", "package_receipts", "password_policy", "patches", "pci_devices",
    "physical_disk_performance", "pipes", "platform_info", "plist", "portage_keywords", "portage_packages",
    "portage_use", "power_sensors", "powershell_events", "preferences", "prefetch", "process_etw_events",
    "process_events", "process_file_events", "process_open_handles", "programs", "prometheus_metrics",
    "python_packages", "quicklook_cache", "recent_files", "registry", "rpm_package_files", "rpm_packages",
    "running_apps", "safari_extensions", "sandboxes", "scheduled_tasks", "screenlock", "seccomp_events",
    "secureboot", "secureboot_certificates", "security_profile_info", "selinux_events", "selinux_settings",
    "services", "shared_folders", "shared_memory", "shared_resources", "sharing_preferences", "shellbags",
    "shimcache", "signature", "sip_config", "smbios_tables", "smc_keys", "socket_events", "ssh_configs",
    "startup_items", "syslog_events", "system_extensions", "system_profiler", "systemd_units",
    "temperature_sensors", "time_machine_backups", "time_machine_destinations", "tpm_info", "ulimit_info",
    "unified_log", "usb_devices", "user_events", "user_interaction_events", "user_ssh_keys", "userassist",
    "video_info", "virtual_memory_info", "vscode_extensions", "wifi_networks", "wifi_status", "wifi_survey",
    "winbaseobj", "windows_crashes", "windows_eventlog", "windows_events", "windows_firewall_rules",
    "windows_optional_features", "windows_search", "windows_security_center", "windows_security_products",
    "windows_update_history", "wmi_bios_info", "wmi_cli_event_consumers", "wmi_event_filters",
    "wmi_filter_consumer_binding", "wmi_script_event_consumers", "xprotect_entries", "xprotect_meta",
    "xprotect_reports", "yara_events", "yara_file", "yara_process", "ycloud_instance_metadata", "yum_sources",
];

/// Tables that osquery does not have.
pub const OWN: &[&str] = &["plumb_schema"];

#[cfg(test)]
mod tests {
    use super::*;

    /// Tables of osquery 5.23 over all platforms.
    const REFERENCE: usize = 284;

    #[test]
    fn every_table_is_declared_or_not_yet() {
        let declared: Vec<&str> = crate::all().map(|table| table.name()).filter(|name| !OWN.contains(name)).collect();
        let both: Vec<&&str> = NOT_YET.iter().filter(|name| declared.contains(name)).collect();
        assert!(both.is_empty(), "built, and still on the list: {both:?}");
        assert!(NOT_YET.is_sorted(), "the list is not in order");
        assert_eq!(declared.len() + NOT_YET.len(), REFERENCE);
    }
}
