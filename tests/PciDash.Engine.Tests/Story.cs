using PciDash.Engine.Devices;
using PciDash.Engine.Hardware;
using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;

namespace PciDash.Engine.Tests;

/// <summary>The seed's machine in its variants, as small as it can be.</summary>
internal static class Story
{
    public static readonly Bdf Net = new(0, 9, 0);
    public static readonly Bdf Usb = new(0, 1, 0);

    public static Scenario Of(
        string kernel = "4.1", string? policy = null, ShutdownPath path = ShutdownPath.Reboot, Platform? platform = null, string? sharer = "uhci",
        Func<FunctionSpec, FunctionSpec>? net = null, Func<FunctionSpec, FunctionSpec>? usb = null, Func<BootSpec, BootSpec>? boot = null,
        Func<KernelRelease, KernelRelease>? release = null)
    {
        var row = KernelRelease.Find(kernel)!;
        row = release?.Invoke(row) ?? row;
        var virtio = new FunctionSpec(Net, DeviceModel.Find("virtio-net")!) { Events = [new EventSource("rx", 1_000_000)], Gsi = new Gsi(21) };
        List<FunctionSpec> functions = [net?.Invoke(virtio) ?? virtio];
        if (sharer is not null)
        {
            var other = new FunctionSpec(Usb, DeviceModel.Find(sharer)!) { Gsi = new Gsi(21) };
            functions.Add(usb?.Invoke(other) ?? other);
        }

        var spec = new BootSpec(row, ShutdownPolicy.Find(policy ?? row.ShutdownPolicy)!, path);
        return new Scenario("story", platform ?? Platform.Q35, functions, [boot?.Invoke(spec) ?? spec]);
    }
}
