"""Can a graph be asked by several threads?"""

AT_ONCE = """
import sys
from threading import Barrier, Thread

import numpy as np

from stancelab.compiled.libraries import core

graph = core().compile_model(sys.argv[1], "CPU", {"NUM_STREAMS": 2})
names = [port.get_any_name() for port in graph.inputs]
requests = [graph.create_infer_request() for _ in range(8)]
barrier = Barrier(len(requests))
sys.setswitchinterval(1e-6)


def ask(request):
    barrier.wait()
    request.infer({name: np.ones((2, 8), dtype=np.int64) for name in names}, share_inputs=True)


threads = [Thread(target=ask, args=(request,)) for request in requests]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
"""


def test_threads_that_all_ask_first_do_not_lock_each_other_up(compiled, in_process, tmp_path):
    done = in_process(AT_ONCE, compiled / "float32" / "graph0.xml", home=tmp_path, cache=tmp_path)
    assert done.returncode == 0, done.stderr
