using CniSrcRoute.Node;

namespace CniSrcRoute.Verbs.Confirm;

/// <summary>`srcroute confirm`.</summary>
internal static class ConfirmVerb
{
    public static int Run(Options options)
    {
        Session.RequirePrivilege();
        if (!Confirmation.TryConfirm())
        {
            throw new InputException("confirm: no change waits for a confirmation");
        }

        Log.Result("confirmed\n");
        return ExitStatus.Success;
    }
}
