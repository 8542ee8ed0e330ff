using System.Security.Cryptography;

namespace PciDash.Web.Hosting;

/// <summary>The same strict headers on every answer, error pages included.</summary>
internal static class SecurityHeaders
{
    private static readonly object NonceKey = new();

    /// <summary>The nonce of this request, for the one inline script of the page: the import map.</summary>
    public static string CspNonce(this HttpContext context) => (string)context.Items[NonceKey]!;

    public static void UseSecurityHeaders(this WebApplication app)
    {
        // `dotnet watch` reloads the page over a socket on another port.
        var watch = app.Environment.IsDevelopment() ? " ws://localhost:* wss://localhost:*" : "";

        app.Use((context, next) =>
        {
            var nonce = Convert.ToBase64String(RandomNumberGenerator.GetBytes(16));
            context.Items[NonceKey] = nonce;

            // The exception handler clears headers that were set earlier, hence at the last moment.
            context.Response.OnStarting(() =>
            {
                var headers = context.Response.Headers;
                headers.Append("Content-Security-Policy", Policy(nonce, watch));
                headers["Referrer-Policy"] = "no-referrer"; // The address holds the user's scenario.
                headers.XContentTypeOptions = "nosniff";
                return Task.CompletedTask;
            });
            return next(context);
        });
    }

    // Inline styles are MudBlazor's theme and Plotly's positions. frame-ancestors is sent by the render mode.
    private static string Policy(string nonce, string connect) => string.Join("; ",
        "default-src 'self'",
        $"script-src 'self' 'nonce-{nonce}'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        $"connect-src 'self'{connect}",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'");
}
