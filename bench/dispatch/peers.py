"""Runs PyVRP, OR-Tools and VROOM (pyvroom) on twelve instances and appends rows in the format of the Rust runner.

    pip install pyvrp==0.14.1 ortools==9.15.6755 pyvroom==1.15.2
    python3 peers.py --data DIR --out target/rows/routing.jsonl [--time 30] [--smoke] [--solvers pyvrp,ortools,vroom]

Rows that are there already are not run again, those that failed are. Every plan is checked here, in doubles.
"""

import argparse
import json
import math
import pathlib
import sys
import time

INSTANCES = [
    "r101", "r112", "c104", "rc101", "rc106", "r208", "rc208", "c204",
    "r1_2_1", "rc1_2_5", "c2_4_1", "r2_4_4",
]
SCALE = 1000
FIXED_COST = 2000
# Numbers scaled to integers may be late by their rounding, summed along a route.
TOLERANCE = 0.1


def read(path):
    rows = []
    for line in path.read_text().splitlines():
        words = line.split()
        try:
            rows.append([float(word) for word in words])
        except ValueError:
            continue
    fleet = next(row for row in rows if len(row) == 2)
    customers = [row for row in rows if len(row) == 7]
    return int(fleet[0]), int(fleet[1]), customers


def distance(a, b):
    return math.hypot(a[1] - b[1], a[2] - b[2])


def price(customers, capacity, routes):
    """Vehicles and distance in doubles, or None when a plan is late, overloaded or incomplete."""
    seen, total = set(), 0.0
    for route in routes:
        clock, load, here = customers[0][4], 0, customers[0]
        for stop in route:
            there = customers[stop]
            way = distance(here, there)
            total += way
            clock = max(clock + way, there[4])
            load += there[3]
            if clock > there[5] + TOLERANCE or load > capacity or stop in seen:
                return None
            clock += there[6]
            seen.add(stop)
            here = there
        way = distance(here, customers[0])
        total += way
        if clock + way > customers[0][5] + TOLERANCE:
            return None
    return (len(routes), total) if len(seen) == len(customers) - 1 else None


def scaled(customers):
    matrix = [[round(distance(a, b) * SCALE) for b in customers] for a in customers]
    windows = [(round(c[4] * SCALE), round(c[5] * SCALE)) for c in customers]
    service = [round(c[6] * SCALE) for c in customers]
    return matrix, windows, service


def pyvrp(fleet, capacity, customers, seconds, seed):
    from pyvrp import Model
    from pyvrp.stop import MaxRuntime

    matrix, windows, service = scaled(customers)
    model = Model()
    places = [model.add_location(row[1], row[2]) for row in customers]
    depot = model.add_depot(places[0], tw_early=windows[0][0], tw_late=windows[0][1])
    model.add_vehicle_type(
        fleet, capacity=capacity, start_depot=depot, end_depot=depot,
        fixed_cost=FIXED_COST * SCALE, tw_early=windows[0][0], tw_late=windows[0][1],
    )
    for number, row in enumerate(customers[1:], 1):
        model.add_client(
            places[number], delivery=int(row[3]), service_duration=service[number],
            tw_early=windows[number][0], tw_late=windows[number][1], name=str(number),
        )
    for i, a in enumerate(places):
        for j, b in enumerate(places):
            model.add_edge(a, b, distance=matrix[i][j], duration=matrix[i][j])
    result = model.solve(stop=MaxRuntime(seconds), seed=seed, display=False)
    if not result.is_feasible():
        return []
    # Clients are numbered from 0 in the order in which they were added.
    return [
        [step.idx + 1 for step in route.schedule() if step.is_client()]
        for route in result.best.routes()
    ]


def ortools(fleet, capacity, customers, seconds, seed):
    from ortools.constraint_solver import pywrapcp, routing_enums_pb2

    del seed
    matrix, windows, service = scaled(customers)
    manager = pywrapcp.RoutingIndexManager(len(customers), fleet, 0)
    routing = pywrapcp.RoutingModel(manager)
    node = manager.IndexToNode
    ways = routing.RegisterTransitCallback(lambda a, b: matrix[node(a)][node(b)])
    times = routing.RegisterTransitCallback(
        lambda a, b: matrix[node(a)][node(b)] + service[node(a)])
    loads = routing.RegisterUnaryTransitCallback(lambda a: int(customers[node(a)][3]))
    routing.SetArcCostEvaluatorOfAllVehicles(ways)
    routing.SetFixedCostOfAllVehicles(FIXED_COST * SCALE)
    routing.AddDimension(loads, 0, capacity, True, "load")
    routing.AddDimension(times, windows[0][1], windows[0][1], False, "time")
    clock = routing.GetDimensionOrDie("time")
    for number in range(1, len(customers)):
        clock.CumulVar(manager.NodeToIndex(number)).SetRange(*windows[number])
    search = pywrapcp.DefaultRoutingSearchParameters()
    search.local_search_metaheuristic = (
        routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH)
    search.time_limit.FromMilliseconds(int(seconds * 1000))
    solution = routing.SolveWithParameters(search)
    if solution is None:
        return []
    routes = []
    for vehicle in range(fleet):
        at, route = solution.Value(routing.NextVar(routing.Start(vehicle))), []
        while not routing.IsEnd(at):
            route.append(node(at))
            at = solution.Value(routing.NextVar(at))
        if route:
            routes.append(route)
    return routes


def vroom(fleet, capacity, customers, seconds, seed):
    import numpy
    import vroom as pyvroom

    del seconds, seed
    matrix, windows, service = scaled(customers)
    problem = pyvroom.Input()
    problem.set_durations_matrix("car", numpy.array(matrix, dtype=numpy.uint32))
    for vehicle in range(fleet):
        problem.add_vehicle(pyvroom.Vehicle(
            vehicle, start=0, end=0, capacity=[capacity],
            time_window=pyvroom.TimeWindow(*windows[0]),
            costs=pyvroom.VehicleCosts(fixed=FIXED_COST * SCALE)))
    for number, row in enumerate(customers[1:], 1):
        problem.add_job(pyvroom.Job(
            number, location=number, delivery=pyvroom.Amount([int(row[3])]),
            default_service=service[number],
            time_windows=[pyvroom.TimeWindow(*windows[number])]))
    solution = problem.solve(exploration_level=5, nb_threads=1)
    routes = {}
    for _, step in solution.routes.iterrows():
        if step["type"] == "job":
            routes.setdefault(step["vehicle_id"], []).append(int(step["id"]))
    return list(routes.values())


def known(path):
    """What was run already. A last line that was cut off is dropped, as by the Rust runner."""
    if not path.exists():
        return set()
    text = path.read_text()
    whole = text[: text.rfind("\n") + 1]
    if len(whole) < len(text):
        path.write_text(whole)
    rows = [json.loads(line) for line in whole.splitlines()]
    return {(row["solver"], row["instance"], row["seconds"], row["seed"]) for row in rows}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--time", type=float, default=0, help="seconds; 0: 30 for 100 customers, 60 for more")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--solvers", default="pyvrp,ortools,vroom")
    parser.add_argument("--smoke", action="store_true", help="two instances, one second")
    arguments = parser.parse_args()
    done = known(arguments.out)
    failed = []
    solvers = {"pyvrp": pyvrp, "ortools": ortools, "vroom": vroom}
    for name in INSTANCES[:2] if arguments.smoke else INSTANCES:
        folder = "gehring_homberger" if "_" in name else "solomon"
        path = arguments.data / folder / f"{name}.txt"
        if not path.exists():
            print(f"{path} is not there")
            continue
        fleet, capacity, customers = read(path)
        seconds = 1.0 if arguments.smoke else arguments.time or (60.0 if "_" in name else 30.0)
        for solver in arguments.solvers.split(","):
            if (solver, name, seconds, arguments.seed) in done:
                continue
            start = time.monotonic()
            try:
                routes = solvers[solver](fleet, capacity, customers, seconds, arguments.seed)
            except Exception as error:
                # One that is not installed, or fails at a file, takes nothing from the others and is run again next time.
                print(solver, name, f"failed: {error!r}")
                failed.append(f"{solver} {name}")
                continue
            elapsed = time.monotonic() - start
            priced = price(customers, capacity, routes)
            row = {
                "solver": solver, "instance": name, "seconds": seconds, "seed": arguments.seed,
                "objective": "vehicles", "feasible": priced is not None,
                "vehicles": priced[0] if priced else 0, "distance": priced[1] if priced else 0.0,
                "elapsed_ms": round(elapsed * 1000), "routes": routes,
            }
            with arguments.out.open("a") as out:
                out.write(json.dumps(row) + "\n")
            print(solver, name, row["vehicles"], round(row["distance"], 2), f"{elapsed:.1f} s")
    if failed:
        sys.exit("failed: " + ", ".join(failed))


if __name__ == "__main__":
    main()
