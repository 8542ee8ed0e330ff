using PciDash.Engine.Hardware;
using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;

namespace PciDash.Scenarios.Tests;

/// <summary>Where there is no driver, nobody takes an irq: what a file says of that is refused or left out, and no run of it fails.</summary>
public class IrqsOfNobody
{
    private static Scenario Read(string boot) => ScenarioDocument.Parse($$"""
        {"version": 1, "id": "nobody", "platform": "acpi-pc", "policies": {"takes": {"label": "takes the pin", "source": "a test", "steps": [{"do": "free-irqs"}, {"do": "request-intx"}] } },
         "functions": [{"bdf": "00:03.0", "device": "virtio-net", "gsi": 21, "events": [{"what": "rx", "every_us": 100}]}],
         "boots": [{"kernel": "4.1", "path": "reboot", {{boot}}}]}
        """).Scenario;

    private const string Msi = """{"what": "guest-msi-off", "target": "00:03.0"}""";

    [Fact]
    public void A_guests_pin_needs_a_driver_that_takes_it()
    {
        var refused = Assert.Throws<ScenarioException>(() => CompiledMachine.Compile(Read($$"""
            "drivers": {"00:03.0": null}, "stimuli": [{{Msi}}]
            """)));
        Assert.Equal(
            "boots[0].stimuli: guest-msi-off takes an irq for 00:03.0, which has no driver by then; name one under drivers (vfio-pci for a function that a guest uses), or load it before",
            Assert.Single(refused.Problems));
    }

    [Theory]
    [InlineData("""
        "drivers": {"00:03.0": null}, "stimuli": [{"what": "load-driver", "target": "00:03.0", "driver": "vfio-pci"}, {"what": "guest-msi-off", "target": "00:03.0"}]
        """)]
    [InlineData("""
        "drivers": {"00:03.0": "vfio-pci"}, "stimuli": [{"what": "guest-msi-off", "target": "00:03.0"}]
        """)]
    public void With_a_driver_the_pin_is_taken(string boot)
    {
        var run = Run.Of(CompiledMachine.Compile(Read(boot)));
        Assert.Contains(run.Recording.Entries.ToArray(), e => e.Event.Kind == EventKind.RequestIrq);
    }

    [Theory]
    [InlineData("null", false)]
    [InlineData("\"virtio-pci\"", true)]
    public void A_shutdown_takes_the_pin_for_a_driver_only(string driver, bool takes)
    {
        var run = Run.Of(CompiledMachine.Compile(Read($$"""
            "policy": "takes", "drivers": {"00:03.0": {{driver}}}
            """)));
        var over = run.Recording.Entries.ToArray().SkipWhile(e => e.Event.Kind != EventKind.DriverShutdown);
        Assert.Equal(takes, over.Any(e => e.Event.Kind == EventKind.RequestIrq));
        Assert.Equal(RunEnd.Complete, run.End);
    }
}
