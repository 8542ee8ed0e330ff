
namespace PciDash.Scenarios.Kit;

/// <summary>QEMU's command line for a machine, one option and its value at a time.</summary>
internal sealed class QemuArguments
{
    private readonly QemuBoard board;
    private int networks;

    public QemuArguments(KitTopology topology, QemuBoard board, int cpus)
    {
        this.board = board;
        Lines.Add($"-machine {board.Machine},accel=tcg -nodefaults -vga none");
        // One CPU's clock can be tied to what it executes: its timers then mean the same on any host.
        Lines.Add(Node.Invariant($"-smp {cpus}{(cpus == 1 ? " -icount shift=3" : "")}"));
        foreach (var f in topology.InOrder)
        {
            Add(f);
        }
    }

    /// <summary>The options; none needs quoting.</summary>
    public List<string> Lines { get; } = [];

    /// <summary>Names of QEMU devices that are used.</summary>
    public SortedSet<string> Devices { get; } = new(StringComparer.Ordinal);

    /// <summary>Disk images that are needed: disk1.img to this.</summary>
    public int Disks { get; private set; }

    private void Add(PlacedFunction f)
    {
        var own = "";
        switch (f.Backend)
        {
            case QemuBackend.Network:
                networks++;
                Lines.Add(Node.Invariant($"-netdev user,id=n{networks},restrict=on,net=10.{networks}.2.0/24"));
                own = Node.Invariant($",netdev=n{networks},mac=52:54:00:12:34:{networks:x2}");
                break;
            case QemuBackend.Disk:
                own = $",drive={Drive()}" + (f.Device == "nvme" ? Node.Invariant($",serial=pcidash{Disks}") : "");
                break;
        }

        if (!f.IsBuiltIn)
        {
            Devices.Add(f.Device);
            var address = Node.Invariant($"addr=0x{f.Slot:x}.{f.Function}");
            var multi = f.Multifunction && f.Function == 0 ? ",multifunction=on" : "";
            Lines.Add($"-device {f.Device},id={f.Id},bus={f.Parent?.BusBelow ?? board.RootBus},{address}{multi}{(f.Properties.Length > 0 ? "," + f.Properties : "")}{own}");
        }

        switch (f.Backend)
        {
            case QemuBackend.IdeDisk:
                AddDevice("ide-hd", $"drive={Drive()},bus={(f.IsBuiltIn ? board.IdeBus : f.Id + ".0")}");
                break;
            case QemuBackend.ScsiDisk:
                AddDevice("scsi-hd", $"drive={Drive()},bus={f.Id}.0");
                break;
            case QemuBackend.Audio:
                Lines.Add($"-audiodev none,id=a{f.Id}");
                AddDevice("hda-duplex", $"audiodev=a{f.Id},bus={f.Id}.0");
                break;
        }
    }

    private void AddDevice(string device, string properties)
    {
        Devices.Add(device);
        Lines.Add($"-device {device},{properties}");
    }

    private string Drive()
    {
        Disks++;
        Lines.Add(Node.Invariant($"-drive file=work/disk{Disks}.img,if=none,id=disk{Disks},format=raw"));
        return Node.Invariant($"disk{Disks}");
    }
}
