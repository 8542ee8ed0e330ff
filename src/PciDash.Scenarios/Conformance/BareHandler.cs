using PciDash.Engine.Devices;
using PciDash.Engine.Hardware;
using PciDash.Engine.Machine;

namespace PciDash.Scenarios.Conformance;

/// <summary>
/// A handler that belongs to no PCI function (the helper module's dummy). A scenario has handlers of functions only, so it becomes a
/// function at a free address which does nothing but have that handler; what the model says of its registers is nobody's to judge.
/// </summary>
internal sealed record BareHandler(Bdf Bdf, Gsi Gsi, DriverModel Driver)
{
    private const string DeviceId = "bare-handler";

    // The chipset's own slots are free there on every recorded machine.
    private const int Slot = 30;

    /// <summary>Reads "dummy IRQ" or "dummyh IRQ"; null if it is neither, or there is no address left.</summary>
    public static BareHandler? Read(IReadOnlyList<string> words, int number) =>
        words.Count == 2 && words[0] is "dummy" or "dummyh" && int.TryParse(words[1], out var irq) && irq is >= 0 and <= 239 && number < 8
            ? new BareHandler(new Bdf(0, Slot, number), new Gsi(irq), DriverOf(words[0] == "dummyh"))
            : null;

    /// <summary>True for a function that stands for such a handler.</summary>
    public static bool Is(MachineFunction function) => function.Device.Id == DeviceId;

    /// <summary>The function that has it.</summary>
    public FunctionSpec Function => new(Bdf, new DeviceModel(DeviceId, "a handler without a function", null, "helper module of the recordings"))
    {
        Gsi = Gsi,
        Mode = InterruptMode.Intx,
        FirmwareBusMaster = true,
    };

    private static DriverModel DriverOf(bool handles)
    {
        var handler = new HandlerModel("pcidash_dummy", ClearsCause: false, Blind: handles);
        return new DriverModel(DeviceId, handler, handler, "helper module of the recordings: returns IRQ_" + (handles ? "HANDLED" : "NONE")) { IntxOnly = true };
    }
}
