"""Asks a mesh by the Python clients of MaxMind and ipinfo. HOST and KEY are in the environment."""

import os

import geoip2.errors
import geoip2.webservice
import ipinfo
import ipinfo.handler

HOST, KEY = os.environ["HOST"], os.environ["KEY"]
ADDRESS = "81.2.69.142"


def refused(error, call, *arguments):
    try:
        call(*arguments)
    except error as refusal:
        return refusal
    raise AssertionError(f"no {error.__name__} from {arguments}")


with geoip2.webservice.Client(42, KEY, host=HOST) as client:
    city = client.city(ADDRESS)
    assert city.country.iso_code == "GB", city
    assert city.country.names["fr"] == "Royaume-Uni", city.country.names
    assert city.city.name and city.subdivisions.most_specific.iso_code, city
    assert city.location.time_zone == "Europe/London", city
    assert str(city.traits.network).startswith("81.2.69."), city
    assert city.traits.autonomous_system_number == 20712, city
    assert city.maxmind.queries_remaining > 0, city
    assert client.country("2001:218::1").country.iso_code == "JP"
    assert client.insights(ADDRESS).country.iso_code == "GB"
    refused(geoip2.errors.AddressNotFoundError, client.city, "10.0.0.1")
    refused(geoip2.errors.AddressNotFoundError, client.country, "me")
with geoip2.webservice.Client(42, "wrong", host=HOST) as client:
    refused(geoip2.errors.AuthenticationError, client.city, ADDRESS)
print(f"geoip2 {geoip2.__version__}: right")

ipinfo.handler.API_URL = f"https://{HOST}/compat/ipinfo"
handler = ipinfo.getHandler(KEY)
details = handler.getDetails(ADDRESS)
assert (details.country, details.country_name) == ("GB", "United Kingdom"), details.all
assert details.latitude and details.org == "AS20712 Andrews & Arnold Ltd", details.all
batch = handler.getBatchDetails([ADDRESS, "2001:218::1", f"{ADDRESS}/timezone"])
assert batch["2001:218::1"]["country"] == "JP", batch
assert batch[f"{ADDRESS}/timezone"] == "Europe/London", batch
assert handler.getDetails("10.0.0.1").bogon
print("ipinfo: right")
