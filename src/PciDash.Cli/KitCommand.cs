using System.CommandLine;
using PciDash.Scenarios.Kit;

namespace PciDash.Cli;

/// <summary><c>pcidash kit SCENARIO DIR</c>: a folder from which anybody with QEMU and a kernel image records the scenario on a real kernel.</summary>
internal static class KitCommand
{
    public static Command Create(Streams streams)
    {
        var options = new ScenarioOptions();
        var command = new Command("kit", "Export to a real test: scripts that record the scenario with a real kernel in QEMU, for conform. What QEMU lacks is named.");
        options.AddTo(command);
        var folder = new Argument<string>("DIR") { Description = "folder that is written; it must not exist or be empty" };
        command.Add(folder);
        command.SetAction(result =>
        {
            var kit = MachineKit.Of(options.Read(result, streams).Scenario);
            kit.WriteTo(result.GetRequiredValue(folder));
            Tell(kit, streams);
            return 0;
        });
        return command;
    }

    /// <summary>In what the real machine is another one goes to standard error.</summary>
    public static void Tell(MachineKit kit, Streams streams)
    {
        foreach (var line in kit.LeftOut)
        {
            streams.Error.WriteLine("left out: " + line);
        }

        foreach (var line in kit.Notes)
        {
            streams.Error.WriteLine("note: " + line);
        }
    }
}
