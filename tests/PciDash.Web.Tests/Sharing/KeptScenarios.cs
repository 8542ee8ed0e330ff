using System.Globalization;
using CsCheck;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using PciDash.Scenarios;
using PciDash.Scenarios.Tests;
using PciDash.Web.Hosting;
using PciDash.Web.Sharing;

namespace PciDash.Web.Tests.Sharing;

/// <summary>Whatever a scenario is, nothing of it is lost on its way through a link, a file and the store.</summary>
public sealed class KeptScenarios : IDisposable
{
    // More by hand: PCIDASH_ROUNDTRIPS=10000.
    private static readonly long Scenarios = long.Parse(Environment.GetEnvironmentVariable("PCIDASH_ROUNDTRIPS") ?? "100", CultureInfo.InvariantCulture);

    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("pcidash-kept-");

    public void Dispose()
    {
        SqliteConnection.ClearAllPools();
        folder.Delete(recursive: true);
    }

    [Fact]
    public void Nothing_is_lost_through_link_file_and_store()
    {
        var options = new ServerOptions { ShareFile = Path.Combine(folder.FullName, "ids.db"), ShareBytes = 1 << 20 };
        using var store = new ShareStore(new Factory(options.ShareFile), options, TimeProvider.System);
        var links = 0;
        RandomScenario.All.Sample(
            scenario =>
            {
                var run = new RunDocument(scenario) { Seed = 3, Title = scenario.Title, View = new RunView { Step = 1 } };
                var file = run.Write();
                Assert.Equal(file, RunDocument.Parse(file).Write());
                if (ShareLink.TryEncode(run) is { } link)
                {
                    Assert.Equal(file, ShareLink.Decode(link).Write());
                    Interlocked.Increment(ref links);
                }

                var saved = store.SaveAsync(run, default).GetAwaiter().GetResult();
                Assert.Equal(file, store.FindAsync(saved.Id, default).GetAwaiter().GetResult()!.Write());
            },
            iter: Scenarios);
        Assert.True(links > Scenarios / 2, $"{links} of {Scenarios} fitted into a link");
    }

    private sealed class Factory(string file) : IDbContextFactory<ShareContext>
    {
        public ShareContext CreateDbContext()
        {
            var options = new DbContextOptionsBuilder<ShareContext>();
            ShareDatabase.Use(options, file);
            return new ShareContext(options.Options);
        }
    }
}
