using System.Diagnostics.Metrics;
using System.Runtime;

/// <summary>
/// Runs inside the server of a test that asks for it (DOTNET_STARTUP_HOOKS): a line on its input makes it collect its garbage and tell what is
/// left. The server itself knows nothing of it.
/// </summary>
internal static class StartupHook
{
    public const string Told = "memory: ";

    private static long _circuits;

    public static void Initialize()
    {
        var meters = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Name == "aspnetcore.components.circuit.active")
                    listener.EnableMeasurementEvents(instrument);
            },
        };
        meters.SetMeasurementEventCallback<long>((_, change, _, _) => Interlocked.Add(ref _circuits, change));
        meters.Start();
        var thread = new Thread(() =>
        {
            while (Console.In.ReadLine() is not null)
            {
                for (var i = 0; i < 3; i++)
                {
                    GCSettings.LargeObjectHeapCompactionMode = GCLargeObjectHeapCompactionMode.CompactOnce;
                    GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
                    GC.WaitForPendingFinalizers();
                }
                Console.WriteLine($"{Told}{GC.GetTotalMemory(true)} {Interlocked.Read(ref _circuits)}");
            }
        })
        { IsBackground = true };
        thread.Start();
    }
}
