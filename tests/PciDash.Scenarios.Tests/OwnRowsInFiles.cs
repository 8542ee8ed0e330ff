using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;

namespace PciDash.Scenarios.Tests;

/// <summary>A scenario file may bring along devices, drivers and shutdown policies of its own, in the script of the catalogue's.</summary>
public class OwnRowsInFiles
{
    private const string File = """
        {
          "version": 1, "platform": "acpi-pc",
          "devices": { "my-card": { "driver": "my-driver", "msix_table_size": 4, "vectors_used": 2, "event_entry": 1, "vendor_id": "0x1234" } },
          "drivers": { "my-driver": { "source": "mine", "intx_handler": { "symbol": "my_intr" }, "shutdown": SHUTDOWN } },
          "policies": { "my-policy": { "label": "mine", "steps": STEPS } },
          "functions": [
            { "bdf": "00:01.0", "device": "uhci", "gsi": 16 },
            { "bdf": "00:03.0", "device": "my-card", "gsi": 16, "events": [ { "what": "rx", "every_us": 500 } ] }
          ],
          "boots": [ { "kernel": "4.1", "policy": "my-policy", "path": "reboot" } ]
        }
        """;

    private static Run Of(string shutdown, string steps) =>
        Run.Of(CompiledMachine.Compile(ScenarioDocument.Parse(File.Replace("SHUTDOWN", shutdown).Replace("STEPS", steps)).Scenario), 1);

    [Theory]
    [InlineData("[]", """["msix-shutdown"]""", OutcomeKind.StormDisabled)]
    [InlineData("""["quiesce"]""", """["msix-shutdown"]""", OutcomeKind.Silent)]
    [InlineData("""[{ "do": "quiesce", "on": "kexec" }]""", """["msix-shutdown"]""", OutcomeKind.StormDisabled)]
    [InlineData("""[{ "do": "quiesce", "since": "6.12" }]""", """["msix-shutdown"]""", OutcomeKind.StormDisabled)]
    [InlineData("[]", """["msix-shutdown", "intx-off"]""", OutcomeKind.Silent)]
    [InlineData("[]", "[]", OutcomeKind.Silent)]
    [InlineData("[]", """[{ "do": "msix-shutdown", "if": "bound" }]""", OutcomeKind.StormDisabled)]
    [InlineData("[]", """[{ "do": "msix-shutdown", "since": "6.12" }]""", OutcomeKind.Silent)]
    [InlineData("[]", """[{ "do": "msix-shutdown", "on": "kexec" }]""", OutcomeKind.Silent)]
    public void What_the_script_says_is_what_happens(string shutdown, string steps, OutcomeKind ofTheLine) =>
        Assert.Equal(ofTheLine, Outcomes.Of(Of(shutdown, steps)).First(o => o.Line == 0).Kind);

    [Fact]
    public void Its_driver_is_named_in_the_recording() =>
        Assert.Contains(Of("""["quiesce"]""", "[]").Machine.Boots[0].Drivers, d => d?.Id == "my-driver");

    [Theory]
    [InlineData("""["msix-off"]""", "unknown word 'msix-off'; msi-shutdown,")]
    [InlineData("""[{ "do": "quiesce", "on": "sleep" }]""", "policies[my-policy].steps[0].on: unknown path 'sleep'")]
    [InlineData("""[{ "on": "kexec" }]""", "policies[my-policy].steps[0].do: missing; it is needed")]
    public void A_word_that_the_script_has_not_is_said_with_its_place(string steps, string says) =>
        Assert.Contains(says, Assert.Throws<ScenarioException>(() => Of("[]", steps)).Problems[0]);

    [Fact]
    public void A_driver_asks_no_condition_for_it_is_bound() => Assert.Contains(
        "drivers[my-driver].shutdown[0]", Assert.Throws<ScenarioException>(() => Of("""[{ "do": "quiesce", "if": "bound" }]""", "[]")).Problems[0]);

    [Fact]
    public void A_name_of_the_catalogue_cannot_be_taken()
    {
        var file = File.Replace("SHUTDOWN", "[]").Replace("STEPS", "[]").Replace("\"devices\": { \"my-card\"", "\"devices\": { \"uhci\"");
        Assert.Contains(
            "devices[uhci]: uhci is a device of the catalogue; choose another name", Assert.Throws<ScenarioException>(() => ScenarioDocument.Parse(file)).Problems);
    }

    [Fact]
    public void A_device_whose_driver_is_nowhere_is_refused_by_the_engine()
    {
        var file = File.Replace("SHUTDOWN", "[]").Replace("STEPS", "[]").Replace("\"driver\": \"my-driver\"", "\"driver\": \"his-driver\"");
        Assert.Contains(
            "00:03.0: the driver his-driver of my-card is neither in the catalogue nor among the scenario's own",
            Assert.Throws<ScenarioException>(() => CompiledMachine.Compile(ScenarioDocument.Parse(file).Scenario)).Problems);
    }

    [Theory]
    [InlineData("irqaffinity=2", "'irqaffinity=2' is refused and was left out: irq affinity is not modelled")]
    [InlineData("driver_async_probe=*", "asynchronous probe and shutdown are not modelled")]
    [InlineData("nr_cpus=x", "'nr_cpus=x' is no number of CPUs")]
    public void What_a_command_line_asks_for_in_vain_is_said(string word, string says)
    {
        var file = File.Replace("SHUTDOWN", "[]").Replace("STEPS", "[]").Replace("\"path\":", $"\"cmdline\": \"{word}\", \"path\":");
        Assert.Contains(says, Assert.Single(ScenarioDocument.Parse(file).Warnings));
    }

    [Fact]
    public void Options_of_a_command_line_reach_the_boot()
    {
        var file = File.Replace("SHUTDOWN", "[]").Replace("STEPS", "[]").Replace(
            "\"path\":", "\"cpus\": 4, \"cmdline\": \"irqpoll nr_cpus=2 reset_devices pci=clearmsi,noioapicquirk intremap=off threadirqs\", \"path\":");
        var boot = ScenarioDocument.Parse(file).Scenario.Boots[0];
        Assert.Equal(
            (IrqFixup.IrqPoll, 2, true, true, true, true, true),
            (boot.IrqFixup, boot.Cpus, boot.ResetDevices, boot.ClearMsi, boot.NoIoapicQuirk, boot.NoRemapping, boot.ThreadIrqs));
    }
}
