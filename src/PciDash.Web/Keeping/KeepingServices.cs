namespace PciDash.Web.Keeping;

/// <summary>What a reader's browser keeps, as services of a page.</summary>
internal static class KeepingServices
{
    public static IServiceCollection AddKeeping(this IServiceCollection services) => services.AddSingleton<LargeRuns>().AddScoped<IBrowserStore, BrowserStore>().AddScoped<Drafts>().AddScoped<Library>();
}
