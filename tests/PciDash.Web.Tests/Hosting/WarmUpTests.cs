using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using PciDash.Scenarios;
using PciDash.Web.Hosting;
using PciDash.Web.Lab;

namespace PciDash.Web.Tests.Hosting;

public sealed class WarmUpTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public async Task Every_preset_is_run_as_often_as_it_is_told(int times)
    {
        using var server = new Server();
        using var warmUp = new WarmUp(new ServerOptions { WarmUps = times }, server, NullLogger<WarmUp>.Instance);
        await warmUp.StartAsync(CancellationToken.None);
        server.Start();
        await warmUp.ExecuteTask!.WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Equal(times * ScenarioPresets.All.Count, warmUp.Runs);
    }

    [Fact]
    public async Task Nothing_is_run_before_the_server_answers_and_a_stop_ends_it()
    {
        using var server = new Server();
        using var warmUp = new WarmUp(new ServerOptions { WarmUps = 100 }, server, NullLogger<WarmUp>.Instance);
        await warmUp.StartAsync(CancellationToken.None);
        await Task.Delay(100);
        Assert.Equal(0, warmUp.Runs);
        server.Start();
        while (warmUp.Runs == 0)
        {
            await Task.Delay(5);
        }

        await warmUp.StopAsync(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(30));
        Assert.InRange(warmUp.Runs, 1, (100 * ScenarioPresets.All.Count) - 1);
    }

    private sealed class Server : IHostApplicationLifetime, IDisposable
    {
        private readonly CancellationTokenSource started = new();

        public CancellationToken ApplicationStarted => started.Token;

        public CancellationToken ApplicationStopping => CancellationToken.None;

        public CancellationToken ApplicationStopped => CancellationToken.None;

        public void Start() => started.Cancel();

        public void StopApplication()
        {
        }

        public void Dispose() => started.Dispose();
    }
}
