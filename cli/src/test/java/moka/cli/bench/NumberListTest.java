package moka.cli.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import moka.cli.terminal.CommandFailure;
import moka.cli.terminal.ExitCode;
import org.junit.jupiter.api.Test;

class NumberListTest {
    @Test
    void readsListsAndRangesAsLlamaBench() {
        assertEquals(List.of(512), NumberList.parse("-p", "512"));
        assertEquals(List.of(1, 2, 4), NumberList.parse("-p", "1,2,4"));
        assertEquals(List.of(1, 2, 3, 4), NumberList.parse("-p", "1-4"));
        assertEquals(List.of(0, 1024, 2048), NumberList.parse("-d", "0-2048+1024"));
        assertEquals(List.of(1, 2, 4, 8, 16), NumberList.parse("-t", "1-16*2"));
        assertEquals(List.of(7, 1, 3, 5), NumberList.parse("-t", "7,1-6+2"));
    }

    @Test
    void refusesWhatIsNoListAndNamesTheFlag() {
        for (String text : List.of("", "x", "1,", "-1", "4-1", "1-4+0", "1-4*1", "0-4*2", "1-2-3", "99999999999", "0-2000")) {
            CommandFailure failure = assertThrows(CommandFailure.class, () -> NumberList.parse("-d", text), text);
            assertEquals(ExitCode.USAGE, failure.exitCode());
            assertTrue(failure.getMessage().startsWith("-d '" + text + "'"), failure.getMessage());
        }
    }
}
