using System.Globalization;

namespace PciDash.Benchmarks.Pages;

/// <summary>The numbers of the pages as a Markdown table: server, network and browser together.</summary>
internal static class PagesTable
{
    /// <summary>Prints it, or only some of its groups: users, load, picture, circuits.</summary>
    public static async Task PrintAsync(TextWriter to, IReadOnlyCollection<string> only)
    {
        to.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessorCount} processors, .NET {Environment.Version}; wall time."));
        to.WriteLine();
        to.WriteLine("| what | measured | against |");
        to.WriteLine("|---|---|---|");
        (string Name, Func<Action<string, string, string>, Task> Measure)[] groups =
        [
            ("users", ManyUsers.PrintAsync), ("load", FirstLoad.PrintAsync), ("picture", Pictures.PrintAsync), ("circuits", OwnMemory.PrintAsync),
        ];
        foreach (var group in groups.Where(g => only.Count == 0 || only.Contains(g.Name)))
        {
            await group.Measure((what, measured, against) => to.WriteLine($"| {what} | {measured} | {against} |"));
        }
    }
}
