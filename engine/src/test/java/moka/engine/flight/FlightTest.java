package moka.engine.flight;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import moka.engine.GenerationListener;
import moka.engine.GenerationOptions;
import moka.engine.Model;
import moka.engine.ModelOptions;
import moka.engine.Session;
import moka.engine.grammar.Grammar;
import moka.engine.sampling.SamplingOptions;
import moka.models.DefaultModel;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A recording tells of each piece of work. */
class FlightTest {
    @Test
    void aRecordingHoldsEveryKindOfWork(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("moka.jfr");
        int generated;
        try (var recording = new Recording();
                InputStream bytes = DefaultModel.open()) {
            recording.start();
            try (Model model = Model.open(
                            DefaultModel.FILE_NAME, MemorySegment.ofArray(bytes.readAllBytes()), ModelOptions.DEFAULT);
                    Session session = model.newSession()) {
                var options = GenerationOptions.DEFAULT
                        .withSampling(SamplingOptions.GREEDY)
                        .withMaxTokens(5)
                        .withGrammar(Grammar.ofGbnf("root ::= [0-9]+"));
                generated = session.generate(new int[] {5, 6, 7}, options, GenerationListener.SILENT)
                        .tokens()
                        .size();
            }
            recording.stop();
            recording.dump(file);
        }
        var counts = RecordingFile.readAllEvents(file).stream()
                .collect(Collectors.groupingBy(it -> it.getEventType().getName()));
        assertEquals(1, counts.get("moka.Load").size());
        assertEquals(DefaultModel.FILE_NAME, counts.get("moka.Load").getFirst().getString("file"));
        List<RecordedEvent> prefills = counts.get("moka.Prefill");
        assertEquals(3, prefills.getFirst().getInt("tokens"));
        assertEquals(generated - 1, counts.get("moka.Decode").size());
        assertEquals(3, counts.get("moka.Decode").getFirst().getInt("position"));
        assertTrue(counts.get("moka.Sample").size() >= generated);
        assertEquals("mask", counts.get("moka.Grammar").getFirst().getString("work"));
        assertTrue(prefills.getFirst().getDuration().toNanos() > 0);
    }
}
