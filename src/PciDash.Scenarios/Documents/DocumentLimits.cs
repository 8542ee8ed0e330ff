namespace PciDash.Scenarios;

/// <summary>The bounds of a document, in one place for the reader, the schema and the tests. Ranges of the machine itself are the engine's.</summary>
internal static class DocumentLimits
{
    public const int Version = 1;
    public const int Bytes = 8 << 20;
    public const int Depth = 16;
    public const int Id = 64;
    public const int Title = 200;
    public const int CommandLine = 500;
    public const int Lanes = 20_000;
    public const int Functions = 1_024;
    public const int Events = 7;
    public const int Boots = 4;
    public const int BootInterrupts = 64;
    public const int Cpus = 8;
    public const int Stimuli = 64;
    public const int Choices = 10_000;
    public const int Forks = 16;
    public const int Bookmarks = 100;
    public const int Gsi = 239;
    public const int Bus = 255;
    public const int Entry = 2_047;
    public const int Jitter = 90;
    public const int Count = 1_000_000_000;
    public const int Handled = 1_000_000;
    public const long LeastEveryNs = 1_000;
    public const long MostEveryNs = 1_000_000_000_000;
    public const long MostTimeNs = 1_000_000_000_000;
    public const string IdPattern = "^[a-z0-9][a-z0-9.-]{0,63}$";
    public const string RowPattern = "^[a-z0-9][a-z0-9._-]{0,63}$";
    public const string BdfPattern = "^[0-9a-f]{2}:[01][0-9a-f]\\.[0-7]$";
}

/// <summary>The members of each object of a document, in the order in which they are written.</summary>
internal static class DocumentMembers
{
    public static readonly string[] Scenario =
    [
        "version", "id", "title", "platform", "timing", "interrupt_remapping", "boot_interrupts", "devices", "drivers", "policies", "functions", "boots",
    ];

    public static readonly string[] BootInterrupt = ["from", "to", "quirk_since", "source"];

    public static readonly string[] Function =
        ["bdf", "device", "parent", "secondary_bus", "gsi", "mode", "cpu", "firmware_bus_master", "left_running", "events", "overrides"];

    public static readonly string[] Event = ["what", "every_us", "jitter_percent", "count", "first_us", "entry", "once_per_service", "dma"];

    public static readonly string[] Overrides = [.. DeviceProperties.All.Select(p => p.Name)];

    public static readonly string[] Boot =
    [
        "kernel", "policy", "enumeration", "path", "cmdline", "cpus", "drivers", "probe_order", "closed", "handled_before", "stimuli",
    ];

    public static readonly string[] Run = ["version", "title", "scenario", "seed", "choices", "forks", "view", "fingerprint"];

    public static readonly string[] Choice = ["step", "action"];

    public static readonly string[] Fork = ["choices"];

    public static readonly string[] Bookmark = ["step", "note"];

    public static readonly string[] View =
    [
        "step", "from_ns", "to_ns", "selection", "compare", "compare_step", "axis", "bookmarks", "filter", "hidden", "folded", "pinned", "order", "marker_a", "marker_b",
    ];
}
