package moka.engine.flight;

import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/**
 * What the engine tells the flight recorder: {@code java -XX:StartFlightRecording …}, or {@code jcmd PID JFR.start}.
 * Begun by {@link Flight}.
 */
@Category("Moka")
@StackTrace(false)
public abstract sealed class EngineEvent extends Event {
    /** A model was opened. */
    @Name("moka.Load")
    @Label("Load")
    public static final class Load extends EngineEvent {
        @Label("File")
        public String file = "";

        @Label("Architecture")
        public String architecture = "";

        @Label("Kernels")
        public String kernels = "";

        @Label("Weights")
        @DataAmount
        public long weightBytes;
    }

    /** A batch of a prompt was computed. */
    @Name("moka.Prefill")
    @Label("Prefill")
    public static final class Prefill extends EngineEvent {
        @Label("Tokens")
        public int tokens;

        @Label("First position")
        public int position;
    }

    /** One step of decoding. */
    @Name("moka.Decode")
    @Label("Decode step")
    public static final class Decode extends EngineEvent {
        @Label("Sequences")
        public int sequences;

        @Label("Position")
        public int position;
    }

    /** A token was chosen. */
    @Name("moka.Sample")
    @Label("Sample")
    public static final class Sample extends EngineEvent {
        @Label("Token")
        public int token;
    }

    /** A grammar told which of all tokens may follow. */
    @Name("moka.Grammar")
    @Label("Grammar")
    public static final class Grammar extends EngineEvent {
        @Label("Work")
        public String work = "";
    }
}
