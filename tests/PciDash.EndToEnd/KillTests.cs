using System.Collections.Concurrent;
using System.Globalization;
using Xunit.Abstractions;

namespace PciDash.EndToEnd;

/// <summary>The server is killed at any moment of saving: the store stays readable, and what was acknowledged is there.</summary>
[Collection(ServerAlone.Name)]
public sealed class KillTests(ITestOutputHelper output) : IDisposable
{
    // More by hand: PCIDASH_KILLS=200.
    private static readonly int Kills = int.Parse(Environment.GetEnvironmentVariable("PCIDASH_KILLS") ?? "6", CultureInfo.InvariantCulture);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("pcidash-kill-");

    [Fact]
    public async Task Every_acknowledged_id_is_there_after_each_kill()
    {
        var settings = new Dictionary<string, string>
        {
            ["PciDash:ShareFile"] = Path.Combine(_folder.FullName, "ids.db"), ["PciDash:SharesPerHour"] = "0", ["PciDash:ApiPerMinute"] = "0",
        };
        var random = new Random(7);
        var acknowledged = new ConcurrentDictionary<string, string>();
        var cut = 0;
        for (var kill = 0; kill <= Kills; kill++)
        {
            await using var web = await WebProcess.StartAsync(AppFixture.Metadata("WebAssembly"), settings: settings);
            using var http = new HttpClient { BaseAddress = web.Address };
            Assert.Equal("Healthy", await http.GetStringAsync(new Uri("/readyz", UriKind.Relative)));

            // The last ones are those that a kill could have hurt; at the end all are asked for.
            foreach (var (id, title) in kill == Kills ? [.. acknowledged] : acknowledged.OrderByDescending(a => a.Value, StringComparer.Ordinal).Take(20).ToArray())
            {
                var file = await http.GetStringAsync(new Uri("/api/scenario/i-" + id, UriKind.Relative));
                Assert.Contains($"\"title\": \"{title}\"", file, StringComparison.Ordinal);
            }

            if (kill == Kills)
            {
                break;
            }

            var number = kill;
            var saved = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var savers = Enumerable.Range(0, 3).Select(saver => Task.Run(async () =>
            {
                for (var n = 0; ; n++)
                {
                    var title = string.Create(CultureInfo.InvariantCulture, $"kill {number:d4} saver {saver} run {n:d5}");
                    try
                    {
                        var kept = await SharingTests.KeepAsync(http, SharingTests.File(title));
                        acknowledged[kept.Id] = title;
                        saved.TrySetResult();
                    }
                    catch (HttpRequestException)
                    {
                        // Cut off in the middle: it may be there or not.
                        Interlocked.Increment(ref cut);
                        return;
                    }
                }
            })).ToList();
            // The first takes long, for the code is compiled; then any moment will do.
            await Task.WhenAny(saved.Task, Task.Delay(TimeSpan.FromMilliseconds(kill % 4 == 0 ? random.Next(20, 700) : 10_000)));
            await Task.Delay(random.Next(0, 300));
            await web.KillAsync();
            await Task.WhenAll(savers);
        }

        output.WriteLine($"{Kills} kills, {acknowledged.Count} acknowledged ids, {cut} requests cut off: all acknowledged ids are there.");
        Assert.True(acknowledged.Count > Kills / 2, "Nothing was saved.");
        Assert.True(cut >= Kills, "No kill came while something was saved.");
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
