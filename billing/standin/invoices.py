"""Invoices and receipts as the payment service shows them, to be printed or paid."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from billing.standin import here, sending
from billing.standin.forms import NewCardForm
from billing.standin.world import Refused


@here.only_here
@require_http_methods(["GET", "HEAD", "POST"])
def invoice(request: HttpRequest, invoice_id: str) -> HttpResponse:
    """One invoice; what is due on it can be paid by another card."""
    found, refusal = here.read(invoice_id, "invoice"), ""
    form = NewCardForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            here.world().actions.pay_invoice(invoice_id, card=form.cleaned_data["card"])
            return redirect(request.path)
        except Refused as error:
            refusal = str(error)
        finally:
            sending.wake()
    context = {
        "invoice": found,
        "form": form,
        "refusal": refusal,
        "receipts": _receipts_of(invoice_id),
    }
    return render(request, "standin/invoice.html", context)


def _receipts_of(invoice_id: str) -> list[str]:
    """The charges by which an invoice was paid."""
    paid = here.world().actions.listed("invoice_payment", invoice=invoice_id, status="paid")
    intents = [here.read(one["payment"]["payment_intent"], "payment_intent") for one in paid]
    return [one["latest_charge"] for one in intents]


@here.only_here
@require_safe
def receipt(request: HttpRequest, charge_id: str) -> HttpResponse:
    """What was paid by one charge, and what of it went back."""
    charge = here.read(charge_id, "charge")
    customer = here.read(charge["customer"], "customer") if charge["customer"] else {}
    return render(request, "standin/receipt.html", {"charge": charge, "customer": customer})
