using System.CommandLine;
using PciDash.Scenarios.Kit;

namespace PciDash.Cli;

/// <summary><c>pcidash qemu SCENARIO</c>: the command line that gives the same machine in QEMU; <c>kit</c> makes a recording of it.</summary>
internal static class QemuCommand
{
    public static Command Create(Streams streams)
    {
        var options = new ScenarioOptions();
        var command = new Command("qemu", "Write QEMU's command line for the machine, for a kernel and an initramfs of one's own. What QEMU lacks is named.");
        options.AddTo(command);
        command.SetAction(result =>
        {
            var kit = MachineKit.Of(options.Read(result, streams).Scenario);
            streams.Write(kit.CommandLine);
            KitCommand.Tell(kit, streams);
            return 0;
        });
        return command;
    }
}
