using PciDash.Web.Hosting;
using PciDash.Web.Machines;

namespace PciDash.Web.Lab;

/// <summary>What the lab needs from the server.</summary>
public static class LabServices
{
    /// <summary>Registers it.</summary>
    public static IServiceCollection AddLab(this IServiceCollection services) =>
        services.AddHttpContextAccessor().AddScoped<Visitor>().AddSingleton<OfferedFiles>().AddScoped<PageFiles>().AddSingleton<RunCache>().AddSingleton<LabState>().AddSingleton<Searches>().AddSingleton<Preventions>().AddSingleton<Imports>().AddSingleton<Audits>().AddSingleton<Matrices>().AddSingleton<Debates>().AddSingleton<Recordings>()
            .AddSingleton<WarmUp>().AddHostedService(s => s.GetRequiredService<WarmUp>());
}
