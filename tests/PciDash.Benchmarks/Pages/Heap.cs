using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using PciDash.EndToEnd;

/// <summary>Runs in the dashboard before its own code (DOTNET_STARTUP_HOOKS): on SIGUSR1 it collects what is garbage and prints what is left.</summary>
#pragma warning disable CA1050 // The runtime looks for this name without a namespace.
internal static class StartupHook
{
    private const PosixSignal Usr1 = (PosixSignal)10;
    private static PosixSignalRegistration? listening;

    public static void Initialize() => listening = PosixSignalRegistration.Create(Usr1, static context =>
    {
        context.Cancel = true;
        for (var i = 0; i < 2; i++)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"heap {GC.GetTotalMemory(forceFullCollection: true)}"));
    });
}
#pragma warning restore CA1050

namespace PciDash.Benchmarks.Pages
{
    /// <summary>What a server holds after a collection.</summary>
    internal static partial class Heap
    {
        private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

        /// <summary>The setting that lets <see cref="OfAsync"/> ask.</summary>
        public static (string Key, string Value) Setting => ("DOTNET_STARTUP_HOOKS", typeof(Heap).Assembly.Location);

        /// <summary>Bytes of the managed heap of a dashboard that was started with <see cref="Setting"/>.</summary>
        public static async Task<long> OfAsync(WebProcess web)
        {
            var before = Told().Count(web.Log);
            using var ask = Process.Start("kill", ["-USR1", web.Id.ToString(CultureInfo.InvariantCulture)]);
            for (var clock = Stopwatch.StartNew(); clock.Elapsed < Patience; await Task.Delay(100))
            {
                if (Told().Matches(web.Log) is var told && told.Count > before)
                {
                    return long.Parse(told[^1].Groups[1].Value, CultureInfo.InvariantCulture);
                }
            }

            throw new TimeoutException("The dashboard does not say what its heap holds:\n" + web.Log);
        }

        [GeneratedRegex("^heap ([0-9]+)$", RegexOptions.Multiline)]
        private static partial Regex Told();
    }
}
