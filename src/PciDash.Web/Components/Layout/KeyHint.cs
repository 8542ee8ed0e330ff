namespace PciDash.Web.Components.Layout;

/// <summary>One key, or several with "+" between them, and what it does.</summary>
public sealed record KeyHint(string Keys, string Does);
