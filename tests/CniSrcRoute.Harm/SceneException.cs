namespace CniSrcRoute.Harm;

/// <summary>A scene that cannot be built here: no verdict about the program under test.</summary>
internal sealed class SceneException(string message) : Exception(message);
