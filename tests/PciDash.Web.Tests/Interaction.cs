using AngleSharp.Dom;
using Bunit;
using Bunit.Rendering;
using Microsoft.AspNetCore.Components.Web;

namespace PciDash.Web.Tests;

/// <summary>
/// What a user does to an element, and then the wait until the page has taken it. bUnit's own Click and the like return before the
/// handler has run if a render is under way on another thread; being nearer, these are the ones that the tests here call.
/// </summary>
internal static class Interaction
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(60);

    public static void Click(this IElement element) => Taken(element, static e => EventHandlerDispatchExtensions.Click(e, new MouseEventArgs()));

    public static void Change<T>(this IElement element, T value) => Taken(element, e => EventHandlerDispatchExtensions.Change(e, value));

    public static void Input<T>(this IElement element, T value) => Taken(element, e => EventHandlerDispatchExtensions.Input(e, value));

    public static void Submit(this IElement element) => Taken(element, static e => EventHandlerDispatchExtensions.Submit(e, EventArgs.Empty));

    public static void KeyDown(this IElement element, string key) =>
        Taken(element, e => EventHandlerDispatchExtensions.KeyDown(e, new KeyboardEventArgs { Key = key }));

    private static void Taken(IElement element, Action<IElement> what)
    {
        var renderer = element.Owner!.Context.GetService<BunitRenderer>()!;
        what(element);

        // The dispatcher takes one after the other: what comes next is run after the handler's first part.
        Assert.True(renderer.Dispatcher.InvokeAsync(static () => { }).Wait(Long), "the page did not take it within a minute");
    }
}
