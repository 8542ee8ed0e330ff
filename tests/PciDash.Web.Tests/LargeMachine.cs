using System.Globalization;
using System.Text;
using PciDash.Engine.Machine;
using PciDash.Scenarios;

namespace PciDash.Web.Tests;

/// <summary>A machine of which nothing repeats, so that no link holds it; quiet, so that its run is short.</summary>
internal static class LargeMachine
{
    public static Scenario Scenario { get; } = Of(600);

    private static Scenario Of(int functions)
    {
        var random = new Random(7);
        var text = new StringBuilder("""{"version":1,"id":"large","platform":"acpi-pc","boots":[{"kernel":"4.1","path":"reboot","cpus":8}],"functions":[""");
        for (var i = 0; i < 24; i++)
        {
            text.Append(CultureInfo.InvariantCulture, $$"""{{(i > 0 ? "," : "")}}{"bdf":"00:{{i + 1:x2}}.0","device":"pcie-root-port","secondary_bus":{{i + 1}}}""");
        }

        for (var i = 24; i < functions; i++)
        {
            var (bus, device) = (1 + ((i - 24) / 32), (i - 24) % 32);
            text.Append(CultureInfo.InvariantCulture, $$"""
                ,{"bdf":"{{bus:x2}}:{{device:x2}}.0","parent":"00:{{bus:x2}}.0","device":"{{(random.Next(2) == 0 ? "ahci" : "uhci")}}","gsi":{{random.Next(16, 230)}},"cpu":{{random.Next(8)}},"events":[{"what":"rx","every_us":{{random.Next(100_000, 9_000_000)}}},{"what":"timer","every_us":{{random.Next(100_000, 9_000_000)}}}]}
                """);
        }

        return RunDocument.Parse(text.Append("]}").ToString()).Scenario;
    }
}
