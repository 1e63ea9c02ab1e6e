package moka.fuzz;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.io.PrintWriter;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;

/** Runs the test class whose name it is given; exit code 1 if a test fails or there is none. */
final class OneHarness {
    private OneHarness() {}

    public static void main(String[] arguments) {
        var outcome = new SummaryGeneratingListener();
        LauncherFactory.create()
                .execute(LauncherDiscoveryRequestBuilder.request().selectors(selectClass(arguments[0])).build(), outcome);
        var summary = outcome.getSummary();
        summary.printFailuresTo(new PrintWriter(System.out, true));
        System.exit(summary.getTotalFailureCount() > 0 || summary.getTestsSucceededCount() == 0 ? 1 : 0);
    }
}
