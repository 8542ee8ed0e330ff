using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;
using PciDash.Engine.Machine;
using PciDash.Scenarios;
using PciDash.Web.Hosting;

namespace PciDash.Web.Tests.Hosting;

public partial class ServerSettingsTests
{
    private static (ServerOptions Options, IReadOnlyList<string> Problems) Read(params (string Key, string Value)[] settings)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(settings.Select(s => KeyValuePair.Create("PciDash:" + s.Key, (string?)s.Value))).Build();
        var options = new ServerOptions();
        return (options, ServerSettings.Read(configuration.GetSection("PciDash"), options));
    }

    [Fact]
    public void Nothing_configured_is_the_default() => Assert.Empty(Read().Problems);

    [Fact]
    public void Every_option_has_a_key()
    {
        var settable = typeof(ServerOptions).GetProperties().Where(p => p.CanWrite).Select(p => p.Name);
        Assert.Equal(settable.Order(StringComparer.Ordinal), ServerSettings.Keys.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("RunsAtOnce", "0", "PciDash:RunsAtOnce: '0' given; a whole number from 1 to 64 is possible")]
    [InlineData("searchseconds", "many", "PciDash:SearchSeconds: 'many' given; a whole number from 1 to 3600 is possible")]
    [InlineData("RunEvents", "5000001", "PciDash:RunEvents: '5000001' given; a whole number from 1000 to 5000000 is possible")]
    [InlineData("RunSteps", "1e9", "PciDash:RunSteps: '1e9' given; a whole number from 1000 to 1000000000 is possible")]
    [InlineData("ImportBytes", "8388609", "PciDash:ImportBytes: '8388609' given; a whole number from 1024 to 8388608 is possible")]
    [InlineData("ApiPerMinute", "-1", "PciDash:ApiPerMinute: '-1' given; a whole number from 0 to 1000000 is possible")]
    [InlineData("TrustedProxies", "10.0.0.1, proxy", "PciDash:TrustedProxies: '10.0.0.1, proxy' given; addresses with commas between")]
    [InlineData("ShareFile", "/data/", "PciDash:ShareFile: '/data/' given; the path of a file")]
    [InlineData("RunsAtOnce:Most", "3", "PciDash:RunsAtOnce: a list or an object given; a whole number from 1 to 64 is possible")]
    [InlineData("RunAtOnce", "3", "PciDash:RunAtOnce: there is no such key; Functions, Cpus, ")]
    public void A_wrong_value_is_one_line_that_names_the_key_and_what_would_be_right(string key, string value, string line)
    {
        var problem = Assert.Single(Read((key, value)).Problems);
        Assert.StartsWith(line, problem, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', problem);
    }

    [Fact]
    public void Every_number_takes_its_bounds_and_nothing_beyond()
    {
        foreach (var key in ServerSettings.Keys)
        {
            if (Bounds().Match(Read((key, "x")).Problems is [var line] ? line : "") is not { Success: true } bounds)
            {
                continue;
            }

            var (least, most) = (long.Parse(bounds.Groups[1].Value), long.Parse(bounds.Groups[2].Value));
            foreach (var right in new[] { least, most })
            {
                var (options, problems) = Read((key, right.ToString()));
                Assert.Empty(problems);
                Assert.Equal(right, Convert.ToInt64(typeof(ServerOptions).GetProperty(key)!.GetValue(options)));
            }

            Assert.NotEmpty(Read((key, (least - 1).ToString())).Problems);
            Assert.NotEmpty(Read((key, (most + 1).ToString())).Problems);
            Assert.InRange(Convert.ToInt64(typeof(ServerOptions).GetProperty(key)!.GetValue(ServerOptions.Default)), least, most);
        }
    }

    [Fact]
    public void A_machine_larger_than_the_server_computes_is_refused_in_words_and_a_smaller_one_is_not()
    {
        var scenario = ScenarioPresets.Find("virtio-nobody-cared-2015")!.Scenario;
        var options = new ServerOptions { Functions = 1, Boots = 1, Cpus = 1 };
        using var runs = new PciDash.Web.Lab.RunCache(options);
        var refused = Assert.Throws<ScenarioException>(() => runs.Get("story", scenario, 1, []));
        Assert.Equal("functions: 2 given; this server computes up to 1, the command line more", refused.Message);
        options.Functions = 2;
        Assert.Equal(2, runs.Get("story", scenario, 1, []).Machine.Functions.Count);
        options.StateBytes = 100;
        Assert.Matches("^functions: the state of this machine takes [0-9]+ bytes; this server keeps up to 100, the command line more$", Assert.Throws<ScenarioException>(() => runs.Get("again", scenario, 2, [])).Message);
        var twoCpus = scenario with { Boots = [scenario.Boots[0] with { Cpus = 2 }, scenario.Boots[0]] };
        Assert.Equal(
            ["boots: 2 given; this server computes up to 1, the command line more", "boots[0].cpus: 2 given; this server computes up to 1, the command line more"],
            Assert.Throws<ScenarioException>(() => options.Taken(twoCpus)).Problems);
        var below = new ServerOptions { BridgeDepth = 0 };
        Assert.Same(scenario, below.Taken(scenario));
        var bridged = scenario with { Functions = [scenario.Functions[0], scenario.Functions[1] with { Parent = scenario.Functions[0].Bdf }] };
        Assert.Equal(
            $"bridges above {scenario.Functions[1].Bdf}: 1 given; this server computes up to 0, the command line more", Assert.Throws<ScenarioException>(() => below.Taken(bridged)).Message);
    }

    [Fact]
    public void All_problems_are_told_at_once() =>
        Assert.Equal(3, Read(("RunsAtOnce", "x"), ("SearchStates", "0"), ("None", "1")).Problems.Count);

    [Fact]
    public void The_file_that_is_shipped_is_right()
    {
        using var settings = JsonDocument.Parse(RepositoryFiles.Read("src", "PciDash.Web", "appsettings.json"));
        var shipped = settings.RootElement.GetProperty("PciDash").EnumerateObject().Select(p => (p.Name, p.Value.ToString())).ToArray();
        Assert.NotEmpty(shipped);
        Assert.Empty(Read(shipped).Problems);
    }

    [Theory]
    [InlineData("192.0.2.7", "192.0.2.7")]
    [InlineData("::ffff:192.0.2.7", "192.0.2.7")]
    [InlineData("2001:db8:1:2:aaaa::1", "20010DB800010002")]
    [InlineData("2001:db8:1:2:bbbb::2", "20010DB800010002")]
    [InlineData("2001:db8:1:3::1", "20010DB800010003")]
    public void A_household_is_one_visitor(string address, string visitor) => Assert.Equal(visitor, Visitor.KeyOf(IPAddress.Parse(address)));

    // It cannot be built everywhere: what it names has at least to be there.
    [Fact]
    public void The_image_is_made_of_files_that_exist_and_runs_without_rights()
    {
        var lines = RepositoryFiles.Read("Dockerfile").Split('\n');
        var copied = lines.Where(l => l.StartsWith("COPY ", StringComparison.Ordinal) && !l.Contains("--from", StringComparison.Ordinal)).SelectMany(l => l.Split(' ')[1..^1]).ToList();
        Assert.True(copied.Count > 5);
        Assert.All(copied, path => Assert.True(Path.Exists(RepositoryFiles.Find(path)), path));
        Assert.Contains("USER $APP_UID", lines);

        // It restores before the pages are there to be seen, and needs their script all the same.
        Assert.Contains("<RequiresAspNetWebAssets>true</RequiresAspNetWebAssets>", RepositoryFiles.Read("src", "PciDash.Web", "PciDash.Web.csproj"), StringComparison.Ordinal);
        Assert.Contains(lines, l => l.StartsWith("HEALTHCHECK", StringComparison.Ordinal) && l.Contains("\"probe\"", StringComparison.Ordinal));
    }

    [GeneratedRegex(@"from (-?\d+) to (\d+)")]
    private static partial Regex Bounds();
}
